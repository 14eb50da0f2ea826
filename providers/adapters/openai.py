"""OpenAI's Responses API (https://platform.openai.com/docs/api-reference/responses-streaming).

The Responses API has neither ``stop`` nor ``seed``; a request with one of these uses chat completions, if its model has
them.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

from providers.adapters.base import (
    AdapterEvent,
    FailedEnd,
    Finished,
    ListedModel,
    Message,
    NothingThere,
    ProviderError,
    ReasoningDelta,
    Request,
    Target,
    TextDelta,
    Usage,
)
from providers.adapters.capabilities import capabilities_of
from providers.adapters.chat_completions import ChatQuirks, bearer, chat_call, chat_events
from providers.adapters.error_words import RESTRICTED
from providers.adapters.errors import frame_failure
from providers.adapters.finish_reasons import end_of
from providers.adapters.fitted_images import WITH_WEBP
from providers.adapters.fitted_parameters import FittedParameters, Limits, fit
from providers.adapters.http import END, Call, HttpClients
from providers.adapters.loose_json import Frame, count, mapping, mappings, usage_of, words
from providers.adapters.model_lists import listed_models
from providers.adapters.openai_compatible import read_json

RESPONSES = "/responses"
RESPONSES_ONLY = re.compile(r"-pro\b|codex|daybreak|deep-research")
"""Models that have no chat completions."""
CHAT_ONLY = re.compile(r"-search-(api|preview)\b")
ONLY_IN_RESPONSES = re.compile(r"v1/responses")
"""Words of a refusal of chat completions that sends the caller to the Responses API."""
LIMITS = Limits(lacks=frozenset({"stop", "seed"}), least_tokens=16)
CHAT = ChatQuirks(max_tokens="max_completion_tokens")
OPTIONAL = {
    "temperature": r"\btemperature\b",
    "top_p": r"\btop_p\b",
    "reasoning.summary": r"reasoning[._]summary|summar(y|ies)",
    "reasoning.effort": r"reasoning[._]effort|\beffort\b",
    "reasoning": r"\breasoning\b",
    "stream": r"\bstream(ing|ed)?\b",
}

LAST_TYPES = frozenset({"response.completed", "response.incomplete", "response.failed"})


class OpenAIAdapter:
    """The Responses API, with reasoning summaries; nothing is stored at OpenAI."""

    image_formats = WITH_WEBP

    async def stream(
        self, clients: HttpClients, target: Target, request: Request
    ) -> AsyncGenerator[AdapterEvent, None]:
        first, second = _response_stream, _chat_stream
        if clients.lacks(target, RESPONSES) or _needs_chat(request):
            first, second = second, first
        try:
            async with aclosing(first(clients, target, request)) as events:
                async for event in events:
                    yield event
            return
        except ProviderError as error:
            # A gateway may have OpenAI's chat completions alone, and a model none.
            if not (isinstance(error, NothingThere) or ONLY_IN_RESPONSES.search(error.detail)):
                raise
        async with aclosing(second(clients, target, request)) as events:
            async for event in events:
                yield event

    async def list_models(self, target: Target) -> list[ListedModel]:
        return listed_models(await read_json(target, "/models"))

    async def check_key(self, target: Target) -> None:
        try:
            await read_json(target, "/models")
        except ProviderError as error:
            # A restricted key that may not list models may well answer.
            if error.message != RESTRICTED.format(label=target.label):
                raise


def _needs_chat(request: Request) -> bool:
    """Return True if a model has chat completions alone, or has them and the request has settings for these alone."""
    parameters = request.parameters
    if CHAT_ONLY.search(request.model):
        return True
    return bool(parameters.stop or parameters.seed is not None) and not RESPONSES_ONLY.search(request.model)


def _chat_stream(clients: HttpClients, target: Target, request: Request) -> AsyncGenerator[AdapterEvent, None]:
    return chat_events(clients, target, chat_call(target, request, CHAT))


def _call(target: Target, request: Request) -> Call:
    fitted = fit(request, capabilities_of(request.model, request.listed.capabilities), LIMITS)
    parameters = fitted.parameters
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
        "reasoning": _reasoning(fitted),
    }
    body.update({name: value for name, value in optional.items() if value is not None})
    return Call(RESPONSES, bearer(target), body, OPTIONAL, LAST_TYPES, fitted.adjustments, fitted.text_limit)


def _content(message: Message) -> str | list[dict[str, str]]:
    if not message.images:
        return message.text
    images = [{"type": "input_image", "detail": "auto", "image_url": image.data_url} for image in message.images]
    return [*images, {"type": "input_text", "text": message.text}]


def _reasoning(fitted: FittedParameters) -> dict[str, str] | None:
    effort = fitted.parameters.reasoning_effort
    summary = {"summary": "auto"} if fitted.thinks else {}
    return (summary | ({"effort": effort} if effort else {})) or None


async def _response_stream(
    clients: HttpClients, target: Target, request: Request
) -> AsyncGenerator[AdapterEvent, None]:
    reader = _Reader(target)
    async with aclosing(clients.frames(target, _call(target, request))) as frames:
        async for frame in frames:
            for event in reader.read(frame):
                yield event


class _Reader:
    """The reader of one stream of events."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._has_text = False
        self._has_reasoning = False
        self._begins_part = False
        self._refuses = False

    def read(self, frame: Frame) -> Iterator[AdapterEvent]:
        match frame.get("type"):
            case "response.output_text.delta":
                yield from self._text(words(frame.get("delta")))
            case "response.refusal.delta":
                self._refuses = True
                yield from self._text(words(frame.get("delta")))
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                yield from self._reasoning(words(frame.get("delta")))
            case "response.output_item.added" | "response.reasoning_summary_part.added":
                self._begins_part = True
            case "response.completed" | "response.incomplete" | "response.failed" as kind:
                yield from self._ending(mapping(frame.get("response")), kind.removeprefix("response."))
            case None if frame is END and self._has_text:
                yield self._end_of("stop")
            case None if frame.get("object") == "response":
                # The answer was not streamed.
                yield from self._ending(frame, "completed")

    def _text(self, text: str) -> Iterator[AdapterEvent]:
        if text:
            # Each message and each part of a summary is a paragraph of its own, without a blank line.
            yield TextDelta(f"\n\n{text}" if self._begins_part and self._has_text else text)
            self._has_text, self._begins_part = True, False

    def _reasoning(self, text: str) -> Iterator[AdapterEvent]:
        if text:
            yield ReasoningDelta(f"\n\n{text}" if self._begins_part and self._has_reasoning else text)
            self._has_reasoning, self._begins_part = True, False

    def _ending(self, response: Frame, status: str) -> Iterator[AdapterEvent]:
        if not self._has_text:
            yield from self._output(response)
        usage = usage_of(_usage, response.get("usage"))
        if usage is not None:
            yield usage
        if response.get("error"):
            raise frame_failure(self._target, response["error"])
        status = str(response.get("status") or status)
        reason = mapping(response.get("incomplete_details")).get("reason") or "max_output_tokens"
        yield self._end_of(str(reason) if status == "incomplete" else status)

    def _output(self, response: Frame) -> Iterator[AdapterEvent]:
        """Yield the text of a whole response, for those who have sent it at the end alone."""
        for item in mappings(response.get("output")):
            self._begins_part = True
            if item.get("type") == "reasoning":
                yield from self._reasoning(words(item.get("summary")))
            elif item.get("type") == "message":
                for part in mappings(item.get("content")):
                    self._refuses = self._refuses or part.get("type") == "refusal"
                    yield from self._text(words(part))

    def _end_of(self, reason: str) -> Finished | FailedEnd:
        return end_of(self._target, "refusal" if self._refuses else reason)


def _usage(usage: Frame) -> Usage:
    return Usage(
        input_tokens=count(usage.get("input_tokens")),
        output_tokens=count(usage.get("output_tokens")),
        reasoning_tokens=count(mapping(usage.get("output_tokens_details")).get("reasoning_tokens")),
        cached_input_tokens=count(mapping(usage.get("input_tokens_details")).get("cached_tokens")),
        cache_write_tokens=count(mapping(usage.get("input_tokens_details")).get("cache_write_tokens")),
    )
