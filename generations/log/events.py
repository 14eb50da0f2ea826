"""The events that a reader of a topic receives, in the order in which they happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from generations.log.event_log import Channel, EntryId
from generations.models import Generation
from generations.phases import Phase
from generations.selectors import RunState


@dataclass(frozen=True, slots=True)
class Started:
    """A run begins, with its generations as they are now, ordered by index."""

    state: RunState
    id: EntryId | None = None


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    """A slot without any text yet has reached another phase."""

    run_id: int
    index: int
    phase: Phase
    id: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The settings that a slot's provider did not take as they were asked for, as ``Generation.adjustments``."""

    run_id: int
    index: int
    adjustments: list[dict[str, Any]]
    id: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """More text or reasoning of a slot; ``offset`` counts the characters before it, ``time`` seconds of the run."""

    run_id: int
    index: int
    channel: Channel
    text: str
    offset: int
    time: float
    id: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """All of a slot's text so far; it replaces whatever the reader has."""

    run_id: int
    index: int
    text: str
    reasoning: str
    id: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """A generation as it was saved at its end; exactly one for each slot."""

    run_id: int
    generation: Generation
    id: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A closed run; exactly one for each run."""

    state: RunState
    id: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing happened for a tick."""


Event = Started | PhaseChanged | Adjusted | Delta | Reset | Ended | Done | Idle
