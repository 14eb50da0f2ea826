"""Feeds of a topic's events as JSON; the app that owns the topic supplies the serializer."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from core.async_db import in_thread
from generations.limits.queue import LOOK_INTERVAL, queue_positions
from generations.log.event_log import EntryId
from generations.log.events import Delta, Done, Ended, Event, Idle, PhaseChanged, Reset, Started
from generations.log.replay import follow_events
from generations.models import Generation, Run
from generations.phases import Phase
from generations.selectors import RunState, open_run_states, slot_generation

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event's JSON and the id of its log entry, if it has one; both are None after a silent tick."""

    id: EntryId | None
    json: Json | None
    ends_run: int | None = None


class EventSerializer(Protocol):
    """Converter of events to the JSON of one kind of topic."""

    async def serialize(self, event: Event) -> Json | None:
        """Return the event's JSON, None if clients do not receive it."""

    async def serialize_queued(self, generation: Generation, position: int) -> Json | None:
        """Return the JSON of an answer that waits at this position in the queue, None if clients do not receive it."""


async def feed(
    serializer: EventSerializer,
    topic: str,
    *,
    state: RunState | None = None,
    after: EntryId | None = None,
    deltas: bool = True,
) -> AsyncGenerator[FeedEvent, None]:
    """Yield a topic's events from the start of ``state``, or after the entry ``after``, until its owner is deleted.

    Without ``deltas`` an answer is sent complete, at its end.
    """
    states = [] if state is None else [state]
    queue = _QueueWatch()
    if after is not None:
        await queue.resume(topic)
    with suppress(Run.DoesNotExist):
        async with aclosing(follow_events(topic, states=states, after=after)) as events:
            async for event in events:
                if isinstance(event, Idle):
                    yield FeedEvent(None, None)
                elif deltas or not isinstance(event, Delta | Reset):
                    ends_run = event.state.run.pk if isinstance(event, Done) else None
                    json = await serializer.serialize(event)
                    if json is not None:
                        yield FeedEvent(event.id, json, ends_run)
                if queue.is_concerned(event):
                    for generation, position in await queue.moved(event):
                        yield FeedEvent(None, await serializer.serialize_queued(generation, position))


class _QueueWatch:
    """The answers that wait, by run and index, and the position that the client was sent last."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[int, int], Generation] = {}
        self._sent: dict[int, int] = {}
        self._looked_at = time.monotonic()

    async def resume(self, topic: str) -> None:
        """Begin with the answers that wait at this moment, for a client that comes back."""
        for state in await in_thread(open_run_states, topic):
            self._add(state)

    def _add(self, state: RunState) -> None:
        queued = (each for each in state.generations if each.status == Generation.Status.QUEUED)
        self._waiting |= {(state.run.pk, each.index): each for each in queued}

    def is_concerned(self, event: Event) -> bool:
        """Return True if ``moved`` has to see the event; the text of answers that run is none of its business."""
        return bool(self._waiting) or not isinstance(event, Delta)

    async def moved(self, event: Event) -> list[tuple[Generation, int]]:
        """Return the answers whose position has changed, with their new positions.

        The queue is looked at as soon as an answer is reported to wait, and then about every second while one does.
        """
        match event:
            case Started(state):
                self._add(state)
            case PhaseChanged(run_id, index, Phase.WAITING):
                generation = await in_thread(slot_generation, run_id, index)
                if generation is not None and generation.is_open:
                    self._waiting[run_id, index] = generation
                    self._looked_at = float("-inf")
            case PhaseChanged(run_id, index) | Delta(run_id, index) | Reset(run_id, index):
                self._waiting.pop((run_id, index), None)
            case Ended(run_id, generation):
                self._waiting.pop((run_id, generation.index), None)
        if not self._waiting or time.monotonic() - self._looked_at < LOOK_INTERVAL:
            return []
        positions = await in_thread(queue_positions, [each.pk for each in self._waiting.values()])
        self._looked_at = time.monotonic()
        moved = [
            (each, positions[each.pk])
            for each in self._waiting.values()
            if each.pk in positions and self._sent.get(each.pk) != positions[each.pk]
        ]
        self._sent |= {each.pk: position for each, position in moved}
        return moved


async def wait_for_end(topic: str, state: RunState) -> bool:
    """Wait until a run has ended; return False if it was deleted meanwhile."""
    with suppress(Run.DoesNotExist):
        async with aclosing(follow_events(topic, states=[state])) as events:
            async for event in events:
                if isinstance(event, Done) and event.state.run.pk == state.run.pk:
                    return True
    return False
