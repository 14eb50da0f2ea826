"""Anthropic's Messages API (https://platform.claude.com/docs/en/build-with-claude/streaming)."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from providers.adapters.base import (
    ErrorCode,
    Finished,
    FinishReason,
    Message,
    ReasoningDelta,
    ReasoningEffort,
    Request,
    StreamEvent,
    Target,
    TextDelta,
    Usage,
)
from providers.adapters.errors import failure
from providers.adapters.http import Call, Frame, HttpClients
from providers.adapters.sdk import sdk_client, sdk_key

API_VERSION = "2023-06-01"
# The API requires a limit. Every model since Claude 3.5 accepts this one; thinking counts against it.
DEFAULT_MAX_TOKENS = 8192
# Models before 3.5 refuse a larger one.
LEGACY_MAX_TOKENS = 4096
THINKING_MAX_TOKENS = 32_000
FINISH_REASONS: dict[str, FinishReason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
}
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
# "claude-opus-4-5" and "claude-3-5-haiku" have a minor version, "claude-sonnet-4-20250514" has none.
VERSION = re.compile(r"claude-(?:[a-z]+-)?(\d+)(?:-(\d{1,2}))?(?!\d)")
Version = tuple[int, int]


class AnthropicAdapter:
    """The Messages API, with summaries of the thinking if reasoning was requested."""

    async def stream(self, clients: HttpClients, target: Target, request: Request) -> AsyncGenerator[StreamEvent, None]:
        usage: Frame = {}
        async with aclosing(clients.frames(target, _call(target, request))) as frames:
            async for frame in frames:
                match frame.get("type"):
                    case "content_block_delta":
                        event = _delta(frame["delta"])
                        if event is not None:
                            yield event
                    case "message_start":
                        usage.update(frame["message"].get("usage") or {})
                    case "message_delta":
                        usage.update({name: count for name, count in (frame.get("usage") or {}).items() if count})
                        reason = frame["delta"].get("stop_reason")
                        if reason:
                            yield _usage(usage)
                            yield _finished(target, reason)

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
    return Call("/v1/messages", headers, body, OPTIONAL)


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


def _delta(delta: Frame) -> StreamEvent | None:
    if delta.get("type") == "text_delta" and delta["text"]:
        return TextDelta(delta["text"])
    if delta.get("type") == "thinking_delta" and delta["thinking"]:
        return ReasoningDelta(delta["thinking"])
    return None


def _finished(target: Target, reason: str) -> Finished:
    if reason == "refusal":
        raise failure(ErrorCode.CONTENT_FILTERED, target, "stop_reason refusal")
    return Finished(FINISH_REASONS.get(reason, "stop"))


def _usage(usage: Frame) -> Usage:
    """Return the usage; Anthropic counts tokens read from and written to its cache apart from ``input_tokens``."""
    cached = usage.get("cache_read_input_tokens") or 0
    written = usage.get("cache_creation_input_tokens") or 0
    return Usage(
        input_tokens=(usage.get("input_tokens") or 0) + cached + written,
        output_tokens=usage.get("output_tokens") or 0,
        reasoning_tokens=(usage.get("output_tokens_details") or {}).get("thinking_tokens") or 0,
        cached_input_tokens=cached,
    )
