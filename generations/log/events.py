"""What a reader of a topic is told, in the order in which it happened."""

from __future__ import annotations

from dataclasses import dataclass

from generations.log.event_log import Channel, EntryId, Phase
from generations.models import Generation
from generations.selectors import RunState


@dataclass(frozen=True, slots=True)
class Started:
    """A run begins, with its generations as they are now, in the order of their index."""

    state: RunState
    id: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a slot has come that has said nothing yet."""

    run_id: int
    index: int
    phase: Phase
    id: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """More text or reasoning of a slot; ``offset`` counts the characters before it."""

    run_id: int
    index: int
    channel: Channel
    text: str
    offset: int
    time: float
    id: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """All of a slot's text so far, in place of whatever was told before."""

    run_id: int
    index: int
    text: str
    reasoning: str
    id: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """A generation as it was saved at its end; exactly one a slot."""

    run_id: int
    generation: Generation
    id: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A closed run; exactly one a run."""

    state: RunState
    id: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing happened for a tick."""


Event = Started | Reached | Delta | Reset | Ended | Done | Idle
