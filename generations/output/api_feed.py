"""Feeds of a topic's events as JSON; the app that owns the topic supplies the serializer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from core.async_db import in_thread
from generations.limits.queue import still_queued
from generations.log.event_log import EntryId
from generations.log.events import Delta, Done, Event, Idle, PhaseChanged, Reset, Started
from generations.log.replay import follow_events
from generations.models import Generation, Run
from generations.phases import Phase
from generations.selectors import RunState

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
    with suppress(Run.DoesNotExist):
        async with aclosing(follow_events(topic, states=states, after=after)) as events:
            async for event in events:
                for generation, position in await queue.moved(event):
                    yield FeedEvent(None, await serializer.serialize_queued(generation, position))
                if isinstance(event, Idle):
                    yield FeedEvent(None, None)
                elif deltas or not isinstance(event, Delta | Reset):
                    ends_run = event.state.run.pk if isinstance(event, Done) else None
                    json = await serializer.serialize(event)
                    if json is not None:
                        yield FeedEvent(event.id, json, ends_run)


class _QueueWatch:
    """Answers that wait, each with the position that the client was sent last."""

    def __init__(self) -> None:
        self._positions: dict[int, int | None] = {}

    async def moved(self, event: Event) -> list[tuple[Generation, int]]:
        """Return the answers whose position has changed, with their new positions.

        The queue is queried when an answer is held back, and on each idle tick while one waits.
        """
        if isinstance(event, Started):
            queued = (each for each in event.state.generations if each.status == Generation.Status.QUEUED)
            self._positions |= {each.pk: None for each in queued}
        held_back = isinstance(event, PhaseChanged) and event.phase is Phase.WAITING
        if not self._positions or not (held_back or isinstance(event, Idle)):
            return []
        queued_now = await in_thread(still_queued, list(self._positions))
        moved = [each for each in queued_now if self._positions[each[0].pk] != each[1]]
        self._positions = {generation.pk: position for generation, position in queued_now}
        return moved


async def wait_for_end(topic: str, state: RunState) -> bool:
    """Wait until a run has ended; return False if it was deleted meanwhile."""
    with suppress(Run.DoesNotExist):
        async with aclosing(follow_events(topic, states=[state])) as events:
            async for event in events:
                if isinstance(event, Done) and event.state.run.pk == state.run.pk:
                    return True
    return False
