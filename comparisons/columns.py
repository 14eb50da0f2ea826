"""Comparisons as the pages show them: what templates are given of a turn and of its columns."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString, mark_safe

from comparisons.models import Vote
from comparisons.selectors import TurnState
from generations.models import Generation
from generations.rendering import render
from providers.selectors import model_label, provider_info


@dataclass(frozen=True, slots=True)
class Column:
    """One slot; ``html`` is the rendering of all its text so far."""

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


@dataclass(frozen=True, slots=True)
class TurnColumns:
    """A turn with its columns."""

    number: int
    prompt: str
    created_at: datetime.datetime
    slots: list[Column]
    running: bool
    vote: Vote | None

    @property
    def can_vote(self) -> bool:
        return not self.running and any(slot.status == Generation.Status.COMPLETED for slot in self.slots)


def column(generation: Generation) -> Column:
    """A slot for the page; rendering a long answer takes a while: call it from a thread."""
    info = provider_info(generation.provider)
    return Column(
        result_id=generation.public_id,
        index=generation.index,
        provider=info.label,
        model=generation.model,
        label=model_label(generation.provider, generation.model),
        color=info.color,
        status=generation.status,
        html=mark_safe(render(generation.text)),  # noqa: S308 - the renderer's output is sanitised
        reasoning=generation.reasoning,
        error=generation.error,
        retryable=generation.retryable,
        ttft=generation.ttft,
        time=_elapsed(generation),
        input_tokens=generation.input_tokens,
        output_tokens=generation.output_tokens,
        tokens_per_second=generation.tokens_per_second,
        cost=generation.cost,
        usage_source=generation.usage_source,
        finish_reason=generation.finish_reason,
    )


def slot_mark(generation: Generation) -> str:
    """What tells a column that has to be replaced as a whole from one that has not: its attempt, open or ended."""
    return f"{generation.attempt}{'o' if generation.is_open else 'e'}"


def page_mark(states: Sequence[TurnState]) -> str:
    """What a page shows, for its socket: the number of turns, and the marks of the last one's slots, for no other
    turn's can change."""
    return "-".join([str(len(states)), *(slot_mark(slot) for state in states[-1:] for slot in state.slots)])


def _elapsed(generation: Generation) -> float | None:
    if generation.time is not None or not generation.is_open:
        return generation.time
    return (datetime.datetime.now(datetime.UTC) - generation.queued_at).total_seconds()


def turn_columns(states: Iterable[TurnState]) -> list[TurnColumns]:
    """Turns for the page, with every answer rendered."""
    return [
        TurnColumns(
            number=state.turn.number,
            prompt=state.turn.prompt,
            created_at=state.turn.created_at,
            slots=[column(slot) for slot in state.slots],
            running=state.running,
            vote=state.vote,
        )
        for state in states
    ]
