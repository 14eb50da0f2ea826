"""View models of comparisons: turns with their answers, as templates receive them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from comparisons.models import Vote
from comparisons.race import Race, race
from comparisons.selectors import TurnState
from generations.limits.queue import queue_positions
from generations.models import Generation
from generations.output.answer_view import AnswerView, answer_mark, answer_view
from images.models import Image


@dataclass(frozen=True, slots=True)
class TurnView:
    """A turn with the answers of all candidates."""

    number: int
    prompt: str
    created_at: datetime.datetime
    images: list[Image]
    slots: list[AnswerView]
    running: bool
    vote: Vote | None

    @property
    def can_vote(self) -> bool:
        return not self.running and any(slot.status == Generation.Status.COMPLETED for slot in self.slots)


def with_race(answer: AnswerView, result: Race) -> AnswerView:
    """Return the answer, marked if it was first among those of its turn."""
    return replace(
        answer,
        first_to_answer=result.first_to_answer == answer.index,
        first_to_end=result.first_to_end == answer.index,
    )


def page_mark(states: Sequence[TurnState]) -> str:
    """Return a mark of what a page shows now, which its socket compares: the turns, and the last turn's answers.

    Earlier turns are left out because they no longer change.
    """
    return "-".join([str(len(states)), *(answer_mark(slot) for state in states[-1:] for slot in state.slots)])


def turn_views(states: Iterable[TurnState]) -> list[TurnView]:
    """Return turns for a template, with every answer rendered; two more queries if an answer waits."""
    states = list(states)
    queued = [slot for state in states for slot in state.slots if slot.status == Generation.Status.QUEUED]
    positions = queue_positions([slot.pk for slot in queued])
    return [_turn_view(state, positions) for state in states]


def footer_context(states: Sequence[TurnState], position: int) -> dict[str, object]:
    """Return what a turn's footer needs: the turn without its texts, and whether it is the last, which has the
    follow-up box."""
    turn = _turn_view(states[position], {}, text="")
    return {"turn": turn, "last": position == len(states) - 1}


def _turn_view(state: TurnState, positions: Mapping[int, int], *, text: str | None = None) -> TurnView:
    """Return a turn; ``text`` stands for the text of each answer."""
    result = race(state.slots)
    return TurnView(
        number=state.turn.number,
        prompt=state.turn.prompt,
        images=state.images,
        created_at=state.turn.created_at,
        slots=[
            with_race(answer_view(slot, position=positions.get(slot.pk), text=text), result) for slot in state.slots
        ],
        running=state.running,
        vote=state.vote,
    )
