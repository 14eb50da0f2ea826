"""Anthropic's Messages API (https://platform.claude.com/docs/en/build-with-claude/streaming)."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from providers.adapters.base import (
    AdapterEvent,
    Adjustment,
    Finished,
    ListedModel,
    Message,
    ReasoningDelta,
    Request,
    Target,
    TextDelta,
    Usage,
)
from providers.adapters.capabilities import NEWEST_CLAUDE, TO_MAX, Capabilities, Thinking, capabilities_of, model_name
from providers.adapters.finish_reasons import end_of
from providers.adapters.fitted_images import WITH_WEBP
from providers.adapters.fitted_parameters import FittedParameters, Limits, fit
from providers.adapters.http import Call, HttpClients
from providers.adapters.loose_json import Frame, count, mapping, mappings, usage_of, words
from providers.adapters.model_lists import by_id, listed_model, number_in
from providers.adapters.sdk import sdk_client, sdk_key

API_VERSION = "2023-06-01"
LIMITS = Limits(lacks=frozenset({"seed"}), blank_stop=False)
# The API refuses a thinking budget below this.
MIN_BUDGET = 1024
BUDGETS = {"minimal": MIN_BUDGET, "low": 2048, "medium": 8192, "high": 16_384, "xhigh": 32_000, "max": 32_000}
NO_ROOM = "There is no room for thinking within {most:,} tokens."
# This model takes no thinking type "disabled".
OFF_BETWEEN_TOOLS = re.compile(r"claude-sonnet-5[.-]5")
OPTIONAL = {
    "temperature": r"\btemperature\b",
    "top_p": r"\btop_p\b",
    "thinking": r"\bthinking\b",
    "output_config": r"\beffort\b|output_config",
}
LAST_TYPES = frozenset({"message_stop"})
# "claude-opus-4-5" and "claude-3-5-haiku" have a minor version, "claude-sonnet-4-20250514" has none.
VERSION = re.compile(r"claude-(?:[a-z]+-)?(\d+)(?:[.-](\d{1,2}))?(?!\d)")
Version = tuple[int, int]


class AnthropicAdapter:
    """The Messages API, with summaries of the thinking if reasoning was requested."""

    image_formats = WITH_WEBP

    async def stream(
        self, clients: HttpClients, target: Target, request: Request
    ) -> AsyncGenerator[AdapterEvent, None]:
        reader = _Reader(target)
        async with aclosing(clients.frames(target, _call(target, request))) as frames:
            async for frame in frames:
                for event in reader.read(frame):
                    yield event

    async def list_models(self, target: Target) -> list[ListedModel]:
        from anthropic import AsyncAnthropic, omit

        # Those of a request for an answer, since a gateway may know only these.
        headers: dict[str, Any] = {**_headers(target), "Authorization": omit}
        async with sdk_client(target) as http_client:
            client = AsyncAnthropic(
                api_key=sdk_key(target),
                base_url=target.base_url,
                http_client=http_client,
                max_retries=0,
                default_headers=headers,
            )
            return by_id([_listed_model(model.to_dict()) async for model in client.models.list(limit=1000)])

    async def check_key(self, target: Target) -> None:
        await self.list_models(target)


def _listed_model(item: Frame) -> ListedModel:
    flags = mapping(item.get("capabilities"))
    return replace(
        listed_model(item),
        capabilities=Capabilities(
            thinking=_listed_thinking(mapping(flags.get("thinking")), str(item.get("id"))),
            efforts=_listed_efforts(flags),
            images=_supported(flags.get("image_input")),
            max_output=number_in(item, ["max_tokens"]),
        ),
    )


def _supported(flag: Any) -> bool | None:
    supported = mapping(flag).get("supported")
    return supported if isinstance(supported, bool) else None


def _listed_thinking(thinking: Frame, name: str) -> Thinking | None:
    """Return when a listed model thinks; the list does not say if it does so unasked, which newer models do."""
    if _supported(thinking) is False:
        return Thinking.NEVER
    can_be_off = _can_be_off(thinking)
    if can_be_off is False:
        return Thinking.ALWAYS
    return Thinking.BY_DEFAULT if can_be_off and capabilities_of(name).thinking is Thinking.ALWAYS else None


def _can_be_off(thinking: Frame) -> bool | None:
    types = mapping(thinking.get("types"))
    off = {_supported(types.get(kind)) for kind in ("disabled", "between_tools")}
    return True if True in off else False if False in off else None


def _listed_efforts(flags: Frame) -> tuple[str, ...] | None:
    """Return the levels of a model whose effort can be set; older models get a budget of tokens for each level."""
    effort, thinking = mapping(flags.get("effort")), mapping(flags.get("thinking"))
    levels = tuple(each for each in TO_MAX if _supported(effort.get(each)))
    if not levels or not _supported(mapping(thinking.get("types")).get("adaptive")):
        return None
    return ("none", *levels) if _can_be_off(thinking) else levels


def _call(target: Target, request: Request) -> Call:
    model = capabilities_of(request.model, request.listed.capabilities).or_else(NEWEST_CLAUDE)
    request, no_room = _without_thinking_in_little_room(request)
    fitted = fit(request, model, LIMITS)
    parameters = fitted.parameters
    # The API requires a limit, and at least the newest Claude's is known.
    most = parameters.max_tokens or model.max_output
    assert most is not None
    headers = _headers(target)
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": most,
        "messages": [{"role": message.role, "content": _content(message)} for message in request.messages],
        "stream": True,
    }
    thinking = _thinking(fitted, request.model, model.thinking, most)
    optional = {
        "system": request.system or None,
        "stop_sequences": list(parameters.stop) or None,
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
    }
    body.update({name: value for name, value in optional.items() if value is not None} | thinking)
    return Call("/v1/messages", headers, body, OPTIONAL, LAST_TYPES, (*no_room, *fitted.adjustments), fitted.text_limit)


def _headers(target: Target) -> dict[str, str]:
    return {"x-api-key": target.api_key, "anthropic-version": API_VERSION}


def _without_thinking_in_little_room(request: Request) -> tuple[Request, tuple[Adjustment, ...]]:
    """Return the request without a level of effort if the budget of tokens for it would be too small, and a word about
    that; newer models need no budget."""
    parameters = request.parameters
    most, effort = parameters.max_tokens, parameters.reasoning_effort
    if most is None or most // 2 >= MIN_BUDGET or effort in (None, "none") or _version(request.model) >= (4, 6):
        return request, ()
    reason = NO_ROOM.format(most=most)
    without = replace(request, parameters=replace(parameters, reasoning_effort=None))
    return without, (Adjustment("reasoning_effort", None, reason),)


def _content(message: Message) -> str | list[dict[str, Any]]:
    """Return the content, images first, as Anthropic advises."""
    if not message.images:
        return message.text
    sources = ({"type": "base64", "media_type": image.media_type, "data": image.base64} for image in message.images)
    return [*({"type": "image", "source": source} for source in sources), {"type": "text", "text": message.text}]


def _version(model: str) -> Version:
    """Return the version in a model id; a model without one counts as newer than all others."""
    match = VERSION.match(model_name(model))
    return (int(match[1]), int(match[2] or 0)) if match else (99, 0)


def _thinking(fitted: FittedParameters, name: str, thinking: Thinking | None, most: int) -> dict[str, Any]:
    """Return the fields for thinking: adaptive with an effort since 4.6, before that a budget of tokens within the
    limit of ``most``."""
    effort = fitted.parameters.reasoning_effort
    if not fitted.thinks:
        off = "between_tools" if OFF_BETWEEN_TOOLS.search(name) else "disabled"
        return {"thinking": {"type": off}} if effort == "none" and thinking is Thinking.BY_DEFAULT else {}
    if _version(name) >= (4, 6):
        adaptive = {"thinking": {"type": "adaptive", "display": "summarized"}}
        return adaptive | ({"output_config": {"effort": effort}} if effort else {})
    # The answer needs the other half.
    budget = min(BUDGETS[effort or "medium"], most // 2)
    return {"thinking": {"type": "enabled", "budget_tokens": budget}} if budget >= MIN_BUDGET else {}


class _Reader:
    """The reader of one stream."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._usage: Frame = {}
        self._has_end = False
        self._has_output = False

    def read(self, frame: Frame) -> Iterator[AdapterEvent]:
        match frame.get("type"):
            case "content_block_delta":
                self._has_output = True
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
        reason = delta.get("stop_reason")
        # A refusal before any output is not billed.
        if usage is not None and (self._has_output or reason != "refusal"):
            yield usage
        if reason and isinstance(reason, str):
            self._has_end = True
            details = mapping(delta.get("stop_details"))
            yield end_of(self._target, reason, details or "", vendor=details.get("explanation"))


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
        cache_write_tokens=written,
    )
