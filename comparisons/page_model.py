"""Comparisons as the pages show them: what templates are given of a turn and of its columns."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from comparisons.models import Vote
from comparisons.race import Firsts, firsts
from comparisons.selectors import TurnState
from generations.models import Generation
from generations.output.answer_view import ShownAnswer, answer_mark, shown_answer
from generations.selectors import queue_places
from images.models import Image


@dataclass(frozen=True, slots=True)
class TurnColumns:
    """A turn with its columns."""

    number: int
    prompt: str
    created_at: datetime.datetime
    images: list[Image]
    slots: list[ShownAnswer]
    running: bool
    vote: Vote | None

    @property
    def can_vote(self) -> bool:
        return not self.running and any(slot.status == Generation.Status.COMPLETED for slot in self.slots)


def column(answer: ShownAnswer, first: Firsts) -> ShownAnswer:
    """An answer with what is known of its turn."""
    return replace(answer, first_to_answer=first.answer == answer.index, first_to_end=first.end == answer.index)


def page_mark(states: Sequence[TurnState]) -> str:
    """What a page shows, for its socket: the number of turns, and the marks of the last one's slots, for no other
    turn's can change."""
    return "-".join([str(len(states)), *(answer_mark(slot) for state in states[-1:] for slot in state.slots)])


def turn_columns(states: Iterable[TurnState]) -> list[TurnColumns]:
    """Turns for the page, with every answer rendered; a query more where something waits."""
    states = list(states)
    places = queue_places([slot for state in states for slot in state.slots if slot.status == Generation.Status.QUEUED])
    return [
        TurnColumns(
            number=state.turn.number,
            prompt=state.turn.prompt,
            images=state.images,
            created_at=state.turn.created_at,
            slots=[column(shown_answer(slot, place=places.get(slot.pk)), firsts(state.slots)) for slot in state.slots],
            running=state.running,
            vote=state.vote,
        )
        for state in states
    ]
