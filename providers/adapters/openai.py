"""OpenAI's Responses API (https://platform.openai.com/docs/api-reference/responses-streaming).

The Responses API has neither ``stop`` nor ``seed``; a request with one of these uses chat completions.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from providers.adapters.base import (
    ErrorCode,
    Finished,
    Message,
    ReasoningDelta,
    Request,
    StreamEvent,
    Target,
    TextDelta,
    Usage,
)
from providers.adapters.chat_completions import ChatQuirks, bearer, chat_call, chat_events
from providers.adapters.errors import failure, frame_failure
from providers.adapters.http import Call, Frame, HttpClients
from providers.adapters.openai_compatible import read_json, text_models

# These models think before they answer: they accept no sampling parameters, and return summaries on request.
REASONING_MODELS = re.compile(r"^(ft:)?(o\d|gpt-([5-9]|\d\d)|codex)(?!.*chat)")
CHAT = ChatQuirks(max_tokens="max_completion_tokens")
OPTIONAL = {
    "temperature": r"\btemperature\b",
    "top_p": r"\btop_p\b",
    "reasoning.summary": r"reasoning[._]summary|summar(y|ies)",
    "reasoning.effort": r"reasoning[._]effort|\beffort\b",
    "reasoning": r"\breasoning\b",
}


class OpenAIAdapter:
    """The Responses API, with reasoning summaries; nothing is stored at OpenAI."""

    async def stream(self, clients: HttpClients, target: Target, request: Request) -> AsyncGenerator[StreamEvent, None]:
        if request.parameters.stop or request.parameters.seed is not None:
            events = chat_events(clients, target, chat_call(target, _without_sampling(request), CHAT))
        else:
            events = _response_events(clients, target, _call(target, _without_sampling(request)))
        async with aclosing(events):
            async for event in events:
                yield event

    async def list_models(self, target: Target) -> list[str]:
        return text_models(await read_json(target, "/models"))

    async def check_key(self, target: Target) -> None:
        await read_json(target, "/models")


def _without_sampling(request: Request) -> Request:
    """Return the request without temperature and top_p if its model is a reasoning model, which refuses them."""
    if not REASONING_MODELS.match(request.model):
        return request
    return replace(request, parameters=replace(request.parameters, temperature=None, top_p=None))


def _call(target: Target, request: Request) -> Call:
    parameters = request.parameters
    body: dict[str, Any] = {
        "model": request.model,
        "input": [{"role": message.role, "content": _content(message)} for message in request.messages],
        "stream": True,
        "store": False,
    }
    optional = {
        "instructions": request.system or None,
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        "max_output_tokens": parameters.max_tokens,
        "reasoning": _reasoning(request),
    }
    body.update({name: value for name, value in optional.items() if value is not None})
    return Call("/responses", bearer(target), body, OPTIONAL)


def _content(message: Message) -> str | list[dict[str, str]]:
    if not message.images:
        return message.text
    images = [{"type": "input_image", "detail": "auto", "image_url": image.data_url} for image in message.images]
    return [*images, {"type": "input_text", "text": message.text}]


def _reasoning(request: Request) -> dict[str, str] | None:
    effort = request.parameters.reasoning_effort
    if effort is None and not REASONING_MODELS.match(request.model):
        return None
    return {"summary": "auto"} | ({"effort": effort} if effort else {})


async def _response_events(clients: HttpClients, target: Target, call: Call) -> AsyncGenerator[StreamEvent, None]:
    async with aclosing(clients.frames(target, call)) as frames:
        async for frame in frames:
            match frame.get("type"):
                case "response.output_text.delta":
                    if frame["delta"]:
                        yield TextDelta(frame["delta"])
                case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                    if frame["delta"]:
                        yield ReasoningDelta(frame["delta"])
                case "response.reasoning_summary_part.added" if frame.get("summary_index"):
                    # Each part is a paragraph, without a blank line of its own.
                    yield ReasoningDelta("\n\n")
                case "response.refusal.delta":
                    raise failure(ErrorCode.CONTENT_FILTERED, target, f"refusal: {frame}")
                case "response.completed" | "response.incomplete" | "response.failed":
                    for event in _ending(target, frame["response"]):
                        yield event


def _ending(target: Target, response: Frame) -> Iterator[StreamEvent]:
    if response.get("usage"):
        yield _usage(response["usage"])
    if response.get("error"):
        raise frame_failure(target, response["error"])
    status = response.get("status")
    if status == "completed":
        yield Finished()
    elif status == "incomplete":
        yield _incomplete(target, (response.get("incomplete_details") or {}).get("reason"))
    else:
        raise failure(ErrorCode.UPSTREAM_ERROR, target, f"the response ended as {status}")


def _incomplete(target: Target, reason: str | None) -> Finished:
    if reason == "content_filter":
        raise failure(ErrorCode.CONTENT_FILTERED, target, "incomplete: content_filter")
    return Finished("length")


def _usage(usage: Frame) -> Usage:
    return Usage(
        input_tokens=usage.get("input_tokens") or 0,
        output_tokens=usage.get("output_tokens") or 0,
        reasoning_tokens=(usage.get("output_tokens_details") or {}).get("reasoning_tokens") or 0,
        cached_input_tokens=(usage.get("input_tokens_details") or {}).get("cached_tokens") or 0,
    )
