"""What happens in a topic, told in the JSON events of whoever owns the topic."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from core.async_db import in_thread
from generations.log.event_log import EntryId
from generations.log.events import Delta, Done, Event, Idle, Reached, Reset, Started
from generations.log.replay import watch
from generations.models import Generation, Run
from generations.selectors import RunState, waiting_places

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """An event's JSON and the id of its log entry, where it has one; neither for a tick of silence."""

    id: EntryId | None
    json: Json | None
    ends_run: int | None = None


class Teller(Protocol):
    """Knows the shapes of one kind of topic."""

    async def tell(self, event: Event) -> Json | None:
        """The event's JSON; None for what is not told."""

    async def wait(self, generation: Generation, place: int) -> Json | None:
        """That an answer has to wait, at this place in the line; None where that is not told."""


async def tell(
    teller: Teller,
    topic: str,
    *,
    state: RunState | None = None,
    after: EntryId | None = None,
    deltas: bool = True,
) -> AsyncGenerator[Told, None]:
    """Yield a topic's events from the start of ``state``, or behind ``after``, until its owner is deleted.

    Without ``deltas`` answers are told whole, at their end.
    """
    states = [] if state is None else [state]
    line = _Line()
    with suppress(Run.DoesNotExist):
        async with aclosing(watch(topic, states=states, after=after)) as events:
            async for event in events:
                for generation, place in await line.news(event):
                    yield Told(None, await teller.wait(generation, place))
                if isinstance(event, Idle):
                    yield Told(None, None)
                elif deltas or not isinstance(event, Delta | Reset):
                    ends = event.state.run.pk if isinstance(event, Done) else None
                    json = await teller.tell(event)
                    if json is not None:
                        yield Told(event.id, json, ends)


class _Line:
    """Which answers wait for a free place, and what was told of their places."""

    def __init__(self) -> None:
        self._told: dict[int, int | None] = {}

    async def news(self, event: Event) -> list[tuple[Generation, int]]:
        """The answers whose place is not what was told last. The line is looked at when one is held back, and in each
        pause while one waits."""
        if isinstance(event, Started):
            self._told |= {each.pk: None for each in event.state.generations if each.status == Generation.Status.QUEUED}
        looks = isinstance(event, Idle) or (isinstance(event, Reached) and event.phase == "waiting")
        if not looks or not self._told:
            return []
        places = await in_thread(waiting_places, list(self._told))
        moved = [(generation, place) for generation, place in places if self._told[generation.pk] != place]
        self._told = {generation.pk: place for generation, place in places}
        return moved


async def wait_for_end(topic: str, state: RunState) -> bool:
    """Wait until a run has ended; False where it was deleted meanwhile."""
    with suppress(Run.DoesNotExist):
        async with aclosing(watch(topic, states=[state])) as events:
            async for event in events:
                if isinstance(event, Done) and event.state.run.pk == state.run.pk:
                    return True
    return False
