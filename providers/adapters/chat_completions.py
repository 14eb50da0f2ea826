"""The chat completions format (https://platform.openai.com/docs/api-reference/chat-streaming), as vendors implement it.

All adapters that use chat completions share it; ``ChatQuirks`` has a field for each difference between vendors.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from providers.adapters.base import (
    ErrorCode,
    Finished,
    FinishReason,
    Message,
    ReasoningDelta,
    Request,
    StreamEvent,
    Target,
    TextDelta,
    Usage,
)
from providers.adapters.errors import failure
from providers.adapters.http import Call, Frame, HttpClients

FINISH_REASONS: dict[str, FinishReason] = {
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}
FAILED: dict[str, ErrorCode] = {"content_filter": ErrorCode.CONTENT_FILTERED, "error": ErrorCode.UPSTREAM_ERROR}
OPTIONAL: dict[str, str] = {
    "temperature": r"\btemperature\b",
    "top_p": r"\btop_p\b",
    "stop": r"\bstop\b",
    "seed": r"\bseed\b",
    "random_seed": r"\brandom_seed\b",
    "reasoning_effort": r"reasoning_effort|\breasoning\b|\beffort\b|thinking",
    "reasoning": r"\breasoning\b|\beffort\b|thinking",
    "stream_options": r"stream_options|include_usage",
}


@dataclass(frozen=True, slots=True)
class ChatQuirks:
    """The differences of one vendor's chat completions; None as a name means that the vendor has no such parameter.

    ``effort`` may name a field inside another ("reasoning.effort"). ``efforts`` maps our levels to the vendor's.
    """

    path: str = "/chat/completions"
    max_tokens: str = "max_tokens"
    seed: str | None = "seed"
    stop: str | None = "stop"
    effort: str | None = "reasoning_effort"
    efforts: Mapping[str, str] = field(default_factory=dict)
    include_usage: bool = True


def chat_call(target: Target, request: Request, quirks: ChatQuirks) -> Call:
    """Return the request in this format; the system prompt is the first message."""
    return Call(quirks.path, bearer(target), _body(request, quirks), OPTIONAL)


def bearer(target: Target) -> dict[str, str]:
    """Return the authorization header, or none if there is no key."""
    return {"Authorization": f"Bearer {target.api_key}"} if target.api_key else {}


def _body(request: Request, quirks: ChatQuirks) -> dict[str, Any]:
    parameters = request.parameters
    system = [{"role": "system", "content": request.system}] if request.system else []
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [*system, *({"role": message.role, "content": _content(message)} for message in request.messages)],
        "stream": True,
    }
    if quirks.include_usage:
        body["stream_options"] = {"include_usage": True}
    optional: dict[str | None, Any] = {
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        quirks.max_tokens: parameters.max_tokens,
        quirks.stop: list(parameters.stop) or None,
        quirks.seed: parameters.seed,
    }
    body.update({name: value for name, value in optional.items() if name and value is not None})
    return body | _effort(request, quirks)


def _content(message: Message) -> str | list[dict[str, Any]]:
    if not message.images:
        return message.text
    images = [{"type": "image_url", "image_url": {"url": image.data_url}} for image in message.images]
    return [*images, {"type": "text", "text": message.text}]


def _effort(request: Request, quirks: ChatQuirks) -> dict[str, Any]:
    effort = request.parameters.reasoning_effort
    if effort is None or quirks.effort is None:
        return {}
    value = quirks.efforts.get(effort, effort)
    name, _, inner = quirks.effort.partition(".")
    return {name: {inner: value}} if inner else {name: value}


async def chat_events(clients: HttpClients, target: Target, call: Call) -> AsyncGenerator[StreamEvent, None]:
    """Yield the stream of a chat completion; of several choices only the first is read."""
    usage: Usage | None = None
    finished = False
    async with aclosing(clients.frames(target, call)) as frames:
        async for frame in frames:
            if frame.get("usage"):
                usage = usage_of(frame["usage"])
            for choice in frame.get("choices") or ():
                if choice.get("index", 0):
                    continue
                for delta in _deltas(target, choice.get("delta") or {}):
                    yield delta
                reason = choice.get("finish_reason")
                if reason and not finished:
                    finished = True
                    yield _finished(target, reason, frame)
            # Vendors send the usage in the last frame, in one of its own after it, or in every frame.
            if finished and usage is not None:
                yield usage
                usage = None


def _deltas(target: Target, delta: Frame) -> Iterator[StreamEvent]:
    # Nearly all frames are plain text, so that case comes first and ends here.
    content = delta.get("content")
    if content.__class__ is str and content:
        yield TextDelta(content)
        return
    reasoning = delta.get("reasoning_content") or delta.get("reasoning")
    if reasoning and isinstance(reasoning, str):
        yield ReasoningDelta(reasoning)
    if isinstance(content, list):
        yield from _parts(content)
    if delta.get("refusal"):
        raise failure(ErrorCode.CONTENT_FILTERED, target, f"refusal: {delta['refusal']}")


def _parts(content: list[Any]) -> Iterator[StreamEvent]:
    """Yield the deltas of content that is a list of parts, as Mistral's reasoning models send it."""
    for part in content:
        if part.get("type") == "text" and part.get("text"):
            yield TextDelta(part["text"])
        elif part.get("type") == "thinking":
            text = "".join(inner.get("text") or "" for inner in part.get("thinking") or ())
            if text:
                yield ReasoningDelta(text)


def _finished(target: Target, reason: str, frame: Frame) -> Finished:
    if reason in FAILED:
        raise failure(FAILED[reason], target, f"finish_reason {reason}: {frame}")
    return Finished(FINISH_REASONS.get(reason, "stop"))


def usage_of(usage: Frame) -> Usage:
    """Return token counts that mean the same for all vendors; some count reasoning apart from the completion, which
    shows in the total."""
    prompt, completion = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    reasoning = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    if reasoning and usage.get("total_tokens") == prompt + completion + reasoning:
        completion += reasoning
    return Usage(prompt, completion, reasoning, cached or usage.get("prompt_cache_hit_tokens") or 0)
