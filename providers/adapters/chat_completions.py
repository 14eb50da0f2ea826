"""The chat completions format (https://platform.openai.com/docs/api-reference/chat-streaming), as vendors implement it.

All adapters that use chat completions share it; ``ChatQuirks`` has a field for each difference between vendors.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from providers.adapters.base import (
    AdapterEvent,
    FailedEnd,
    Finished,
    Message,
    ReasoningDelta,
    Request,
    Target,
    TextDelta,
    Usage,
)
from providers.adapters.capabilities import NO_FAMILIES, Families, capabilities_of
from providers.adapters.errors import frame_failure
from providers.adapters.finish_reasons import end_of
from providers.adapters.fitted_parameters import NO_LIMITS, Limits, fit
from providers.adapters.http import END, Call, HttpClients
from providers.adapters.loose_json import Frame, count, dollars, mapping, mappings, usage_of, words
from providers.adapters.sources import PICTURE, Sources
from providers.adapters.think_tags import ThinkTags

TICKS = 10**10
"""The units in which xAI counts a dollar."""
OPTIONAL: dict[str, str] = {
    "temperature": r"\btemperature\b",
    "top_p": r"\btop_p\b",
    "stop": r"\bstop\b",
    "seed": r"\bseed\b",
    "random_seed": r"\brandom_seed\b",
    "reasoning_effort": r"reasoning_?effort|\breasoning\b|\beffort\b|thinking",
    "reasoning": r"\breasoning\b|\beffort\b|thinking",
    "thinking": r"thinking",
    "enable_thinking": r"thinking",
    "chat_template_kwargs": r"chat_template_kwargs|thinking",
    "stream_options": r"stream_options|include_usage",
    "max_tokens": r"\bmax_tokens\b",
    "max_completion_tokens": r"\bmax_completion_tokens\b",
    "stream": r"\bstream(ing|ed)?\b",
}


@dataclass(frozen=True, slots=True)
class ChatQuirks:
    """The differences of one vendor's chat completions.

    ``max_tokens``, ``seed`` and ``effort`` are the vendor's names of these parameters; that of the effort may name a
    field inside another ("reasoning.effort"). ``thinking`` and ``no_thinking`` have the fields that switch thinking on
    and off, if it is not the effort that does so. ``families`` states what the vendor takes for its models if that
    differs from what ``capabilities.py`` states for them, and ``limits`` what it takes for all.
    """

    path: str = "/chat/completions"
    max_tokens: str = "max_tokens"
    seed: str = "seed"
    effort: str = "reasoning_effort"
    thinking: Mapping[str, Any] = field(default_factory=dict)
    no_thinking: Mapping[str, Any] = field(default_factory=dict)
    families: Families = NO_FAMILIES
    limits: Limits = NO_LIMITS
    include_usage: bool = True


def chat_call(target: Target, request: Request, quirks: ChatQuirks) -> Call:
    """Return the request in this format; the system prompt is the first message."""
    known = quirks.families.of(request.model).or_else(capabilities_of(request.model))
    model = request.listed.capabilities.or_else(known)
    fitted = fit(request, model, quirks.limits)
    body = _body(replace(request, parameters=fitted.parameters), quirks)
    return Call(
        quirks.path,
        bearer(target),
        body,
        OPTIONAL,
        adjustments=fitted.adjustments,
        text_limit=fitted.text_limit,
    )


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
    optional = {
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        quirks.max_tokens: parameters.max_tokens,
        "stop": list(parameters.stop) or None,
        quirks.seed: parameters.seed,
    }
    body.update({name: value for name, value in optional.items() if value is not None})
    body.update(_effort(request, quirks))
    return body


def _content(message: Message) -> str | list[dict[str, Any]]:
    if not message.images:
        return message.text
    images = [{"type": "image_url", "image_url": {"url": image.data_url}} for image in message.images]
    return [*images, {"type": "text", "text": message.text}]


def _effort(request: Request, quirks: ChatQuirks) -> Mapping[str, Any]:
    effort: str | None = request.parameters.reasoning_effort
    if effort is None:
        return {}
    if effort == "none" and quirks.no_thinking:
        return quirks.no_thinking
    if effort == "default" and quirks.no_thinking:
        return quirks.thinking
    name, _, inner = quirks.effort.partition(".")
    return {**quirks.thinking, name: {inner: effort} if inner else effort}


async def chat_events(clients: HttpClients, target: Target, call: Call) -> AsyncGenerator[AdapterEvent, None]:
    """Yield the stream of a chat completion; of several choices only the first is read."""
    reader = _Reader(target)
    async with aclosing(clients.frames(target, call)) as frames:
        async for frame in frames:
            for event in reader.read(frame):
                yield event
    for event in reader.close():
        yield event


class _Reader:
    """The reader of one stream; its frames may have any shape."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._events: list[AdapterEvent] = []
        self._tags = ThinkTags()
        self._beginning = ""
        self._length = 0
        self._usage: Usage | None = None
        self._end: Finished | FailedEnd | None = None
        self._refuses = False
        self._sources = Sources()
        self._has_picture = False

    def read(self, frame: Frame) -> list[AdapterEvent]:
        if frame is END:
            # Not all vendors give a reason for a good end.
            self._end = self._end or self._end_of("stop", frame)
            return []
        self._events = []
        self._count(frame)
        choices = mappings(frame.get("choices"))
        if choices:
            # One answer is requested, so the index of a single choice says nothing.
            self._choice(choices[0] if len(choices) == 1 else min(choices, key=_index), frame)
        self._sources.note(frame)
        # Vendors send the usage in the last frame, in one of its own after it, or in every frame.
        if self._end is not None and self._usage is not None:
            self._events.append(self._usage)
            self._usage = None
        return self._events

    def close(self) -> list[AdapterEvent]:
        self._events = [*self._tags.close()]
        sources = self._sources.as_markdown()
        if sources and self._length:
            self._events.append(TextDelta(sources))
        self._events += [each for each in (self._usage, self._end) if each is not None]
        return self._events

    def _count(self, holder: Frame) -> None:
        if holder.get("usage"):
            self._usage = usage_of(read_usage, holder["usage"]) or self._usage

    def _choice(self, choice: Frame, frame: Frame) -> None:
        delta = choice.get("delta")
        if delta and isinstance(delta, dict):
            self._delta(delta)
        elif isinstance(delta, str) or isinstance(choice.get("text"), str):
            self._text(words(delta or choice.get("text")))
        elif isinstance(choice.get("message"), dict):
            self._message(choice["message"])
        self._count(choice)
        if choice.get("error"):
            raise frame_failure(self._target, choice["error"])
        reason = choice.get("finish_reason")
        if reason and isinstance(reason, str):
            self._end = self._end_of(reason, frame)
            self._events.append(self._end)

    def _end_of(self, reason: str, frame: Frame) -> Finished | FailedEnd:
        return end_of(self._target, "refusal" if self._refuses else reason, frame)

    def _message(self, message: Frame) -> None:
        """Take what a whole answer has beyond the text that has come already, which it may repeat."""
        if not self._length:
            self._delta(message)
        else:
            whole = words(message.get("content"))
            if whole.startswith(self._beginning):
                self._text(whole[self._length :])
        self._end = self._end or self._end_of("stop", message)

    def _delta(self, delta: Frame) -> None:
        content = delta.get("content")
        reasoning = delta.get("reasoning_content") or delta.get("reasoning") or delta.get("reasoning_details")
        if reasoning:
            self._reasoning(words(reasoning))
        if content.__class__ is str:
            self._text(content)
        elif content:
            self._parts(content)
        if delta.get("refusal"):
            self._refuses = True
            self._text(words(delta["refusal"]))
        if delta.get("images"):
            self._picture()
        if delta.get("annotations"):
            self._sources.note(delta)

    def _parts(self, content: Any) -> None:
        """Take content that is a list of parts, as Mistral's reasoning models send it."""
        for part in content if isinstance(content, list) else [content]:
            kind = str(mapping(part).get("type"))
            if "think" in kind or "reason" in kind:
                self._reasoning(words(part))
            elif "image" in kind:
                self._picture()
            else:
                self._text(words(part))

    def _reasoning(self, text: str) -> None:
        if text:
            self._events.append(ReasoningDelta(text))

    def _text(self, text: str) -> None:
        if text:
            if not self._length:
                self._beginning = text
            self._length += len(text)
            self._events += self._tags.feed(text)

    def _picture(self) -> None:
        if not self._has_picture:
            self._has_picture = True
            self._text(PICTURE if self._length else PICTURE.lstrip())


def _index(choice: Frame) -> int:
    index = choice.get("index")
    return index if isinstance(index, int) else 0


def read_usage(usage: Frame) -> Usage:
    """Return token counts that mean the same for all vendors; some count reasoning apart from the completion, which
    shows in the total."""
    prompt = count(usage.get("prompt_tokens") or usage.get("input_tokens"))
    completion = count(usage.get("completion_tokens") or usage.get("output_tokens"))
    reasoning = count(mapping(usage.get("completion_tokens_details")).get("reasoning_tokens"))
    details = mapping(usage.get("prompt_tokens_details"))
    cached = count(details.get("cached_tokens")) or count(usage.get("prompt_cache_hit_tokens"))
    written = count(details.get("cache_write_tokens"))
    if reasoning and count(usage.get("total_tokens")) == prompt + completion + reasoning:
        completion += reasoning
    return Usage(prompt, completion, reasoning, cached, written, _cost(usage))


def _cost(usage: Frame) -> Decimal | None:
    """Return the cost in dollars, as OpenRouter, Perplexity and xAI each state it."""
    ticks, cost = dollars(usage.get("cost_in_usd_ticks"), units=TICKS), usage.get("cost")
    if ticks is not None:
        return ticks
    if isinstance(cost, dict):
        return dollars(cost.get("total_cost"))
    upstream = dollars(mapping(usage.get("cost_details")).get("upstream_inference_cost"))
    total = dollars(cost)
    # With a key of their own at the vendor behind OpenRouter, users pay there as well.
    return total + upstream if total is not None and upstream is not None and usage.get("is_byok") is True else total
