from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from anthropic import AsyncAnthropic
from google import genai
from google.genai import types
from mistralai.client import Mistral
from openai import AsyncOpenAI

from providers.adapters.http import HttpClients
from tests.fake_providers import Script, StandIn
from tests.providers.adapters.calls import KEY, read_stream, request_of, target_of

TEXT = "Zoë asked: 世界 🌍? 👩‍👩‍👧\n\n```py\nprint('\\u2028\u2028')\n```\n" * 3
THOUGHT = "Überlegen … 思考 🤔"
SCRIPT = Script(text=TEXT, reasoning=THOUGHT, reasoning_tokens=5, split=11, pings=True, finish="length")


@dataclass
class SdkResult:
    """The values that a vendor's own SDK reads from the bytes."""

    text: str = ""
    reasoning: str = ""
    finish: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


async def openai_responses(base_url: str) -> SdkResult:
    result = SdkResult()
    async with AsyncOpenAI(api_key=KEY, base_url=base_url) as client:
        async for event in await client.responses.create(model="gpt-5.6", input="Say hello", stream=True):
            if event.type == "response.output_text.delta":
                result.text += event.delta
            elif event.type == "response.reasoning_summary_text.delta":
                result.reasoning += event.delta
            elif event.type == "response.incomplete":
                usage, details = event.response.usage, event.response.incomplete_details
                assert usage is not None
                assert details is not None
                result.finish = details.reason
                result.input_tokens, result.output_tokens = usage.input_tokens, usage.output_tokens
    return result


async def openai_chat(base_url: str) -> SdkResult:
    result = SdkResult()
    async with AsyncOpenAI(api_key=KEY, base_url=base_url) as client:
        stream = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Say hello"}], stream=True
        )
        async for chunk in stream:
            for choice in chunk.choices:
                result.text += choice.delta.content or ""
                result.reasoning += getattr(choice.delta, "reasoning_content", None) or ""
                result.finish = choice.finish_reason or result.finish
            if chunk.usage is not None:
                result.input_tokens, result.output_tokens = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
    return result


async def anthropic(base_url: str) -> SdkResult:
    result = SdkResult()
    async with AsyncAnthropic(api_key=KEY, base_url=base_url) as client:
        stream = await client.messages.create(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "Say hello"}], stream=True
        )
        async for event in stream:
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
                result.text += event.delta.text
            elif event.type == "content_block_delta" and event.delta.type == "thinking_delta":
                result.reasoning += event.delta.thinking
            elif event.type == "message_start":
                usage = event.message.usage
                result.input_tokens = usage.input_tokens + (usage.cache_read_input_tokens or 0)
            elif event.type == "message_delta":
                result.finish, result.output_tokens = event.delta.stop_reason, event.usage.output_tokens
    return result


async def google(base_url: str) -> SdkResult:
    result = SdkResult()
    client = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=base_url))
    async for chunk in await client.aio.models.generate_content_stream(model="m", contents="Say hello"):
        for candidate in chunk.candidates or []:
            for part in (candidate.content.parts if candidate.content else None) or []:
                if part.thought:
                    result.reasoning += part.text or ""
                else:
                    result.text += part.text or ""
            result.finish = candidate.finish_reason.value if candidate.finish_reason else result.finish
        usage = chunk.usage_metadata
        if usage is not None:
            result.input_tokens = usage.prompt_token_count
            result.output_tokens = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
    return result


async def mistral(base_url: str) -> SdkResult:
    result = SdkResult()
    async with Mistral(api_key=KEY, server_url=base_url) as client:
        async for event in await client.chat.stream_async(
            model="m", messages=[{"role": "user", "content": "Say hello"}]
        ):
            choice = event.data.choices[0]
            content = choice.delta.content
            for part in content if isinstance(content, list) else []:
                if part.type == "thinking":
                    result.reasoning += "".join(inner.text for inner in part.thinking if inner.type == "text")
            result.text += content if isinstance(content, str) else ""
            result.finish = str(choice.finish_reason) if choice.finish_reason else result.finish
            if event.data.usage is not None:
                usage = event.data.usage
                result.input_tokens, result.output_tokens = usage.prompt_tokens, usage.completion_tokens
    return result


ORACLES: list[tuple[str, str, Callable[[str], Awaitable[SdkResult]]]] = [
    ("openai", "max_output_tokens", openai_responses),
    ("openrouter", "length", openai_chat),
    ("anthropic", "max_tokens", anthropic),
    ("google", "MAX_TOKENS", google),
    ("mistral", "length", mistral),
]


@pytest.mark.parametrize(("slug", "finish", "oracle"), ORACLES, ids=lambda value: getattr(value, "__name__", value))
async def test_it_reads_the_same_bytes_as_the_vendors_own_sdk(
    slug: str, finish: str, oracle: Callable[[str], Awaitable[SdkResult]], vendors: StandIn, clients: HttpClients
) -> None:
    vendors.default = SCRIPT

    theirs = await oracle(vendors.base_url(slug))
    ours = await read_stream(clients, slug, target_of(vendors, slug), request_of("gpt-5.6"))

    assert ours.error is None
    assert ours.usage is not None
    assert (ours.text, ours.reasoning) == (theirs.text, theirs.reasoning) == (TEXT, THOUGHT)
    assert (ours.usage.input_tokens, ours.usage.output_tokens) == (theirs.input_tokens, theirs.output_tokens)
    assert [event.reason for event in ours.finishes] == ["length"]
    assert theirs.finish == finish
