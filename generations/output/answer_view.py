"""An answer as the pages show it: what templates are given of a generation."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.humanize.templatetags.humanize import ordinal
from django.utils.safestring import SafeString, mark_safe

from generations.models import Generation
from generations.rendering import render
from generations.tokens import estimate_tokens
from providers.selectors import model_label, provider_info, split_selection


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An answer; ``html`` is the rendering of all its text so far.

    ``phase`` is its status, or how far it has come while it runs: waiting, connecting, thinking, writing. ``limit`` is
    the length in tokens that its figures are measured against, where one was asked for. ``unattended`` where no worker
    is there to begin. ``answered_by`` names the fallback model where that answered. The firsts are among the answers to
    one prompt.
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
    retryable: bool
    ttft: float | None
    time: float | None
    input_tokens: int | None
    output_tokens: int | None
    tokens_per_second: float | None
    cost: Decimal | None
    usage_source: str
    finish_reason: str
    phase: str
    place: str
    limit: int | None
    answered_by: str = ""
    unattended: bool = False
    first_to_answer: bool = False
    first_to_end: bool = False


def shown_answer(
    generation: Generation,
    *,
    place: int | None = None,
    phase: str = "",
    tokens: int | None = None,
    text: str | None = None,
) -> ShownAnswer:
    """An answer for a page; rendering a long answer takes a while: call it from a thread.

    What is known better than the database has it is given: ``phase``, ``tokens`` and ``text``.
    """
    info = provider_info(generation.provider)
    time = _elapsed(generation)
    text = generation.text if text is None else text
    if generation.is_open and tokens is None:
        tokens = estimate_tokens(generation.reasoning) + estimate_tokens(generation.text)
    return ShownAnswer(
        result_id=generation.public_id,
        index=generation.index,
        provider=info.label,
        model=generation.model,
        label=model_label(generation.provider, generation.model),
        color=info.color,
        status=generation.status,
        html=mark_safe(render(text)),  # noqa: S308 - the renderer's output is sanitised
        reasoning=generation.reasoning,
        error=generation.error,
        retryable=generation.retryable,
        ttft=generation.ttft,
        time=time,
        input_tokens=generation.input_tokens,
        output_tokens=(tokens or None) if generation.is_open else generation.output_tokens,
        tokens_per_second=_pace(generation, time, tokens) if generation.is_open else generation.tokens_per_second,
        cost=generation.cost,
        usage_source="estimate" if generation.is_open else generation.usage_source,
        finish_reason=generation.finish_reason,
        answered_by=model_label(*split_selection(generation.answered_by)) if generation.answered_by else "",
        phase=phase or phase_of(generation),
        place=_place_words(place),
        unattended=place == 0,
        limit=generation.parameters.get("max_tokens") if generation.is_open else None,
    )


def phase_of(generation: Generation) -> str:
    """How far a slot has come by the database's word; a worker that just asks the provider is connecting."""
    match generation.status:
        case Generation.Status.QUEUED:
            return "waiting"
        case Generation.Status.STREAMING if generation.text:
            return "writing"
        case Generation.Status.STREAMING:
            return "thinking" if generation.reasoning else "connecting"
    return str(generation.status)


def _place_words(place: int | None) -> str:
    if place is None:
        return ""
    if place == 0:
        return "no worker answers"
    return "next in line" if place == 1 else f"{ordinal(place)} in line"


def _pace(generation: Generation, time: float | None, tokens: int | None) -> float | None:
    """Tokens a second so far; nothing in the first second, when it would say little."""
    if not tokens or time is None or generation.ttft is None or time - generation.ttft < 1:
        return None
    return tokens / (time - generation.ttft)


def answer_mark(generation: Generation) -> str:
    """What tells an answer that a page has to replace from one that it has not: its attempt, open or ended."""
    return f"{generation.attempt}{'o' if generation.is_open else 'e'}"


def _elapsed(generation: Generation) -> float | None:
    if generation.time is not None or not generation.is_open:
        return generation.time
    return (datetime.datetime.now(datetime.UTC) - generation.current_run.accepted_at).total_seconds()
