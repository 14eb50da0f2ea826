"""The race between the answers of a turn: which was the first to answer, and which the first to end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generations.models import Generation


@dataclass(frozen=True, slots=True)
class Race:
    """The indexes of the winners; None while they are not known."""

    first_to_answer: int | None = None
    first_to_end: int | None = None


def race(slots: Sequence[Generation]) -> Race:
    """Compare the first attempts of a turn; retries do not count, since their clocks started later.

    If a slot has text that arrived at an unknown time, it may have been first, so there is no first answer yet.
    """
    rivals = [slot for slot in slots if slot.attempt == 1]
    if len(slots) < 2:
        return Race()
    unknown = any(slot.is_open and slot.text and slot.ttft is None for slot in rivals)
    answered = [(slot.ttft, slot.index) for slot in rivals if slot.ttft is not None]
    ended = [
        (slot.time, slot.index)
        for slot in rivals
        if slot.status == Generation.Status.COMPLETED and slot.time is not None
    ]
    return Race(
        first_to_answer=min(answered)[1] if answered and not unknown else None,
        first_to_end=min(ended)[1] if ended else None,
    )
