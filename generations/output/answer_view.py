"""View model of an answer, as templates receive it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.humanize.templatetags.humanize import ordinal
from django.utils.safestring import SafeString, mark_safe

from generations.limits.queue import NO_WORKER
from generations.models import Generation
from generations.output.remedies import Remedy, remedy_for
from generations.phases import BADGES, CUT_SHORT, Badge, Phase
from generations.rendering import render
from generations.tokens import estimate_tokens
from providers.selectors import model_label, provider_info

SETTINGS = {
    "temperature": "Temperature",
    "top_p": "Top p",
    "max_tokens": "Max output tokens",
    "stop": "Stop sequences",
    "seed": "Seed",
    "reasoning_effort": "Reasoning effort",
    "system": "System prompt",
}
"""The names of settings on pages."""


@dataclass(frozen=True, slots=True)
class AdjustmentView:
    """A setting that was not sent as it was asked for: its name, what became of it, and a sentence that says why."""

    setting: str
    change: str
    reason: str


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer; ``html`` renders all of its text so far.

    ``phase`` is its phase while it runs, then its status. ``position`` is its position in the queue in words;
    ``unattended`` is True if no worker is alive to begin. ``limit`` is the requested length in tokens, if any.
    ``answered_by`` names the fallback model if that answered. ``adjustments`` says which settings were not sent as they
    were asked for. ``vendor_message`` is what the vendor said about its error, and ``remedy`` the page that helps. The
    last two fields compare it with the other answers to the same prompt.
    """

    result_id: uuid.UUID
    index: int
    provider: str
    model: str
    label: str
    color: str
    status: str
    html: SafeString
    reasoning: str
    error: str
    vendor_message: str
    remedy: Remedy | None
    retryable: bool
    ttft: float | None
    time: float | None
    input_tokens: int | None
    output_tokens: int | None
    tokens_per_second: float | None
    cost: Decimal | None
    usage_source: str
    cost_source: str
    finish_reason: str
    phase: str
    position: str
    limit: int | None
    adjustments: list[AdjustmentView]
    answered_by: str = ""
    unattended: bool = False
    first_to_answer: bool = False
    first_to_end: bool = False

    @property
    def is_open(self) -> bool:
        return self.status in Generation.OPEN

    @property
    def badge(self) -> Badge:
        if self.status == Generation.Status.COMPLETED and self.finish_reason == "length":
            return CUT_SHORT
        return BADGES[self.phase]


def answer_view(
    generation: Generation,
    *,
    position: int | None = None,
    phase: Phase | None = None,
    tokens: int | None = None,
    text: str | None = None,
) -> AnswerView:
    """Return an answer for a page. Rendering a long answer takes a while: call it from a thread.

    ``phase``, ``tokens`` and ``text`` replace the saved values if the caller knows newer ones.
    """
    info = provider_info(generation.provider)
    time = _elapsed(generation)
    text = generation.text if text is None else text
    if generation.is_open and tokens is None:
        tokens = estimate_tokens(generation.reasoning) + estimate_tokens(generation.text)
    return AnswerView(
        result_id=generation.public_id,
        index=generation.index,
        provider=info.label,
        model=generation.model,
        label=model_label(*generation.model_ref),
        color=info.color,
        status=generation.status,
        html=mark_safe(render(text)),  # noqa: S308 - the renderer's output is sanitized
        reasoning=generation.reasoning,
        error=generation.error,
        vendor_message=generation.vendor_message,
        remedy=remedy_for(generation),
        retryable=generation.retryable,
        ttft=generation.ttft,
        time=time,
        input_tokens=generation.input_tokens,
        output_tokens=(tokens or None) if generation.is_open else generation.output_tokens,
        tokens_per_second=_pace(generation, time, tokens) if generation.is_open else generation.tokens_per_second,
        cost=generation.cost,
        usage_source="estimate" if generation.is_open else generation.usage_source,
        cost_source=generation.cost_source,
        finish_reason=generation.finish_reason,
        answered_by=model_label(*generation.answering_model) if generation.answered_by else "",
        phase=phase or phase_of(generation),
        position=_position_words(position),
        unattended=position == NO_WORKER,
        limit=_limit(generation) if generation.is_open else None,
        adjustments=adjustment_views(generation.adjustments),
    )


def adjustment_views(adjustments: Iterable[dict[str, Any]]) -> list[AdjustmentView]:
    return [
        AdjustmentView(
            setting=SETTINGS.get(each["parameter"], each["parameter"]),
            change="was left out"
            if each["sent"] is None
            else f"{_words(each['sent'])} instead of {_words(each['asked'])}",
            reason=each["reason"],
        )
        for each in adjustments
    ]


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _limit(generation: Generation) -> int | None:
    """Return the length in tokens that the answer may have, if what it has thought does not count against it."""
    parameters = generation.parameters
    limit: int | None = parameters.get("max_tokens")
    return limit or (None if generation.reasoning else parameters.get("text_tokens"))


def phase_of(generation: Generation) -> str:
    """Return the phase of a running answer, derived from what is saved, or the status of one that has ended."""
    match generation.status:
        case Generation.Status.QUEUED:
            return Phase.WAITING
        case Generation.Status.STREAMING if generation.text:
            return Phase.WRITING
        case Generation.Status.STREAMING:
            return Phase.THINKING if generation.reasoning else Phase.CONNECTING
    return str(generation.status)


def _position_words(position: int | None) -> str:
    if position is None:
        return ""
    if position == NO_WORKER:
        return "no worker is running"
    return "next in the queue" if position == 1 else f"{ordinal(position)} in the queue"


def _pace(generation: Generation, time: float | None, tokens: int | None) -> float | None:
    """Return tokens per second so far; None in the first second, in which the figure would mean little."""
    if not tokens or time is None or generation.ttft is None or time - generation.ttft < 1:
        return None
    return tokens / (time - generation.ttft)


def answer_mark(generation: Generation) -> str:
    """Return a mark that changes whenever a page has to replace the answer.

    It is the number of the attempt and "o" for open or "e" for ended.
    """
    return f"{generation.attempt}{'o' if generation.is_open else 'e'}"


def _elapsed(generation: Generation) -> float | None:
    if generation.time is not None or not generation.is_open:
        return generation.time
    return generation.current_run.elapsed
