"""Which answers of a turn came first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generations.models import Generation


@dataclass(frozen=True, slots=True)
class Firsts:
    """The indexes of the slots that were first to answer and first to end; None while that is not known."""

    answer: int | None = None
    end: int | None = None


UNKNOWN = Firsts()


def firsts(slots: Sequence[Generation]) -> Firsts:
    """Among answers that ran against each other: a retry, whose time began later, does not count.

    A slot that has said something at an unknown time may have been first, so that nobody is until it is known.
    """
    rivals = [slot for slot in slots if slot.attempt == 1]
    if len(slots) < 2:
        return UNKNOWN
    unknown = any(slot.is_open and slot.text and slot.ttft is None for slot in rivals)
    answered = [(slot.ttft, slot.index) for slot in rivals if slot.ttft is not None]
    ended = [
        (slot.time, slot.index)
        for slot in rivals
        if slot.status == Generation.Status.COMPLETED and slot.time is not None
    ]
    return Firsts(
        answer=min(answered)[1] if answered and not unknown else None,
        end=min(ended)[1] if ended else None,
    )
