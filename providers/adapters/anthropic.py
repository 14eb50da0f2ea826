"""Anthropic's Messages API (https://platform.claude.com/docs/en/build-with-claude/streaming)."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

from providers.adapters.base import (
    AdapterEvent,
    Finished,
    Message,
    ReasoningDelta,
    ReasoningEffort,
    Request,
    Target,
    TextDelta,
    Usage,
)
from providers.adapters.finish_reasons import end_of
from providers.adapters.http import Call, HttpClients
from providers.adapters.loose_json import Frame, count, mapping, mappings, usage_of, words
from providers.adapters.sdk import sdk_client, sdk_key

API_VERSION = "2023-06-01"
# The API requires a limit. Every model since Claude 3.5 accepts this one; thinking counts against it.
DEFAULT_MAX_TOKENS = 8192
# Models before 3.5 refuse a larger one.
LEGACY_MAX_TOKENS = 4096
THINKING_MAX_TOKENS = 32_000
EFFORTS: dict[ReasoningEffort, str] = {"minimal": "low", "low": "low", "medium": "medium", "high": "high"}
# The API refuses a thinking budget below this.
MIN_BUDGET = 1024
BUDGETS: dict[ReasoningEffort, int] = {"minimal": MIN_BUDGET, "low": 2048, "medium": 8192, "high": 16_384}
OPTIONAL = {
    "temperature": r"\btemperature\b",
    "top_p": r"\btop_p\b",
    "thinking": r"\bthinking\b",
    "output_config": r"\beffort\b|output_config",
}
LAST_TYPES = frozenset({"message_stop"})
# "claude-opus-4-5" and "claude-3-5-haiku" have a minor version, "claude-sonnet-4-20250514" has none.
VERSION = re.compile(r"claude-(?:[a-z]+-)?(\d+)(?:-(\d{1,2}))?(?!\d)")
Version = tuple[int, int]


class AnthropicAdapter:
    """The Messages API, with summaries of the thinking if reasoning was requested."""

    async def stream(
        self, clients: HttpClients, target: Target, request: Request
    ) -> AsyncGenerator[AdapterEvent, None]:
        reader = _Reader(target)
        async with aclosing(clients.frames(target, _call(target, request))) as frames:
            async for frame in frames:
                for event in reader.read(frame):
                    yield event

    async def list_models(self, target: Target) -> list[str]:
        from anthropic import AsyncAnthropic

        async with sdk_client(target) as http_client:
            client = AsyncAnthropic(
                api_key=sdk_key(target), base_url=target.base_url, http_client=http_client, max_retries=0
            )
            return [model.id async for model in client.models.list(limit=1000)]

    async def check_key(self, target: Target) -> None:
        await self.list_models(target)


def _call(target: Target, request: Request) -> Call:
    headers = {"x-api-key": target.api_key, "anthropic-version": API_VERSION}
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": _default_max_tokens(request),
        "messages": [{"role": message.role, "content": _content(message)} for message in request.messages],
        "stream": True,
    }
    parameters = request.parameters
    if request.system:
        body["system"] = request.system
    if parameters.stop:
        body["stop_sequences"] = list(parameters.stop)
    body.update(_thinking(request))
    if "thinking" not in body and _version(request.model) < (4, 7):
        body.update(_sampling(request))
    if parameters.max_tokens is not None:
        body["max_tokens"] = parameters.max_tokens
    return Call("/v1/messages", headers, body, OPTIONAL, LAST_TYPES)


def _content(message: Message) -> str | list[dict[str, Any]]:
    """Return the content, images first, as Anthropic advises."""
    if not message.images:
        return message.text
    sources = ({"type": "base64", "media_type": image.media_type, "data": image.base64} for image in message.images)
    return [*({"type": "image", "source": source} for source in sources), {"type": "text", "text": message.text}]


def _version(model: str) -> Version:
    """Return the version in a model id; a model without one counts as newer than all others."""
    match = VERSION.match(model)
    return (int(match[1]), int(match[2] or 0)) if match else (99, 0)


def _default_max_tokens(request: Request) -> int:
    version = _version(request.model)
    if version < (3, 5):
        return LEGACY_MAX_TOKENS
    thinks = version >= (4, 7) or (request.parameters.reasoning_effort is not None and version >= (3, 7))
    return THINKING_MAX_TOKENS if thinks else DEFAULT_MAX_TOKENS


def _thinking(request: Request) -> dict[str, Any]:
    """Return the fields for thinking: adaptive with an effort since 4.6, a budget of tokens within max_tokens since
    3.7, none before."""
    effort, version = request.parameters.reasoning_effort, _version(request.model)
    if version >= (4, 6):
        adaptive = {"thinking": {"type": "adaptive", "display": "summarized"}}
        if effort is not None:
            return adaptive | {"output_config": {"effort": EFFORTS[effort]}}
        return adaptive if version >= (5, 0) else {}
    if effort is None or version < (3, 7):
        return {}
    # The budget is part of max_tokens, and the answer needs the other half.
    budget = min(BUDGETS[effort], (request.parameters.max_tokens or THINKING_MAX_TOKENS) // 2)
    return {"thinking": {"type": "enabled", "budget_tokens": budget}} if budget >= MIN_BUDGET else {}


def _sampling(request: Request) -> dict[str, float]:
    """Return temperature (up to 1) or else top_p: models since 4.1 do not accept both."""
    temperature, top_p = request.parameters.temperature, request.parameters.top_p
    if temperature is not None:
        return {"temperature": min(temperature, 1.0)}
    return {} if top_p is None else {"top_p": top_p}


class _Reader:
    """The reader of one stream."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._usage: Frame = {}
        self._has_end = False

    def read(self, frame: Frame) -> Iterator[AdapterEvent]:
        match frame.get("type"):
            case "content_block_delta":
                yield from _block(mapping(frame.get("delta")))
            case "content_block_start":
                yield from _block(mapping(frame.get("content_block")))
            case "message_start":
                self._usage.update(mapping(mapping(frame.get("message")).get("usage")))
            case "message_delta":
                yield from self._delta(frame, mapping(frame.get("delta")))
            case "message_stop":
                if not self._has_end:
                    yield Finished()
            case "message":
                # The answer was not streamed.
                for block in mappings(frame.get("content")):
                    yield from _block(block)
                yield from self._delta(frame, {"stop_reason": "end_turn", **frame})

    def _delta(self, frame: Frame, delta: Frame) -> Iterator[AdapterEvent]:
        self._usage.update({name: value for name, value in mapping(frame.get("usage")).items() if value})
        usage = usage_of(_usage, self._usage)
        if usage is not None:
            yield usage
        reason = delta.get("stop_reason")
        if reason and isinstance(reason, str):
            self._has_end = True
            yield end_of(self._target, reason, delta.get("stop_details") or "")


def _block(block: Frame) -> Iterator[AdapterEvent]:
    """Yield the text of a content block, or of a part of one."""
    thinking, text = words(block.get("thinking")), words(block.get("text"))
    if thinking:
        yield ReasoningDelta(thinking)
    if text:
        yield TextDelta(text)


def _usage(usage: Frame) -> Usage:
    """Return the usage; Anthropic counts tokens read from and written to its cache apart from ``input_tokens``."""
    cached, written = count(usage.get("cache_read_input_tokens")), count(usage.get("cache_creation_input_tokens"))
    return Usage(
        input_tokens=count(usage.get("input_tokens")) + cached + written,
        output_tokens=count(usage.get("output_tokens")),
        reasoning_tokens=count(mapping(usage.get("output_tokens_details")).get("thinking_tokens")),
        cached_input_tokens=cached,
    )
