"""Watching a topic's runs: what a reader has to be told, so that state plus what follows equals the state of one who
never left.

``follow`` gives log entries; this folds them with the database, where ended generations are whole. Text is told
exactly once: an overlap is cut, a gap is filled, and only a log that was lost leads to a ``Reset``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

from generations import event_log, selectors
from generations.connections import loop_client
from generations.event_log import Channel, Entry, EntryId
from generations.events import Delta, Done, Ended, Event, Idle, Reached, Reset, Started
from generations.following import IDLE, LOST, TICK, Signal, follow
from generations.models import Generation
from generations.rescuing import rescue_sometimes
from generations.selectors import RunState

P = ParamSpec("P")
T = TypeVar("T")
CHANNELS: tuple[Channel, ...] = ("reasoning", "text")
BATCH_LIMIT = 200


async def watch(
    topic: str,
    *,
    states: Sequence[RunState] = (),
    after: EntryId | None = None,
    known: int = 0,
    tick: float = TICK,
) -> AsyncGenerator[Event, None]:
    """Yield what happens in ``topic``: from the beginning of the runs in ``states`` (oldest first), or behind
    ``after``. Of other runs the reader knows all up to the id ``known``.

    Goes on for ever, over later runs: the caller closes it (``aclosing``). No database connection is held between
    events. Raises Run.DoesNotExist once the runs were deleted.
    """
    account = _Account(topic, known)
    if after is not None and not await account.remember(after):
        after = None
        states = [state for state in [await in_thread(selectors.latest_run_state, topic)] if state is not None]
        for state in states:
            for event in account.restart(state):
                yield event
    elif after is None:
        for state in states:
            for event in account.begin(state):
                yield event
    async with aclosing(follow(topic, after=after, tick=tick)) as items:
        async for item in items:
            for event in await account.take(item):
                yield event


async def batches(events: AsyncIterator[Event], interval: float) -> AsyncGenerator[list[Event], None]:
    """Events in lists: the first at once, then all that came within ``interval`` seconds of the last list.

    Holds at most ``BATCH_LIMIT`` events; a slower reader holds up the follower, which reads the log again when it
    wakes.
    """
    waiting: asyncio.Queue[Event] = asyncio.Queue(BATCH_LIMIT)

    async def collect() -> None:
        async for event in events:
            await waiting.put(event)

    collector = asyncio.create_task(collect())
    try:
        while not (collector.done() and waiting.empty()):
            getter = asyncio.create_task(waiting.get())
            await asyncio.wait({getter, collector}, return_when=asyncio.FIRST_COMPLETED)
            if not getter.done():
                getter.cancel()
                continue
            batch = [getter.result()]
            while not waiting.empty():
                batch.append(waiting.get_nowait())
            yield batch
            await asyncio.sleep(interval)
        collector.result()
    finally:
        collector.cancel()
        with suppress(asyncio.CancelledError):
            await collector


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run queries in a thread that gives its connection back."""
    result: T = await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
    return result


@dataclass(slots=True)
class _Slot:
    """What the reader has been told of one generation, in characters; None where that is not known."""

    told: dict[Channel, int | None]
    ended: bool = False


@dataclass(slots=True)
class _Watched:
    """What the reader has been told of one run; ``whole`` where that began with its start."""

    run_id: int
    whole: bool = True
    slots: dict[int, _Slot] = field(default_factory=dict)
    done: bool = False

    def slot(self, index: int) -> _Slot:
        known = 0 if self.whole else None
        return self.slots.setdefault(index, _Slot({"text": known, "reasoning": known}))


class _Account:
    """All that one reader has been told."""

    def __init__(self, topic: str, known: int) -> None:
        self._topic = topic
        self._known = known
        self._runs: dict[int, _Watched] = {}

    def begin(self, state: RunState) -> list[Event]:
        """Tell of a run from its start; what has ended by now is told by its end alone."""
        watched = self._runs[state.run.pk] = _Watched(state.run.pk)
        _know_ended(watched, state)
        return [Started(state, state.run.start_id), *_catch_up(watched, state)]

    def restart(self, state: RunState) -> list[Event]:
        """Tell a reader, whose place in the log is gone, of the latest run as it was saved."""
        watched = self._runs[state.run.pk] = _Watched(state.run.pk)
        _know_ended(watched, state)
        return [*_reset_open(watched, state), *_catch_up(watched, state)]

    async def remember(self, after: EntryId) -> bool:
        """Take account of what the reader had before it left; False where the log does not tell any more."""
        log = await event_log.read(loop_client(), self._topic)
        if log.epoch != after.epoch:
            return False
        for entry in log.entries:
            if entry.id <= after:
                self._recall(entry)
        return True

    def _recall(self, entry: Entry) -> None:
        kind = entry.data["kind"]
        watched = self._runs.setdefault(entry.data["run"], _Watched(entry.data["run"], whole=kind == "start"))
        if kind == "done":
            watched.done = True
        elif kind == "end":
            watched.slot(entry.data["index"]).ended = True
        elif kind != "start":
            _fold(watched, entry)

    async def take(self, item: Entry | Signal) -> list[Event]:
        """What an item of ``follow`` means for the reader."""
        if not isinstance(item, Entry):
            return [*await self._look(reset=item is LOST), *([Idle()] if item is IDLE else [])]
        run_id = item.data["run"]
        if run_id not in self._runs:
            if run_id < max([self._known + 1, *self._runs]):
                return []
            if item.data["kind"] == "start":
                self._runs[run_id] = _Watched(run_id)
                return [Started(await in_thread(selectors.run_state, run_id), item.id)]
            self._runs[run_id] = _Watched(run_id, whole=False)
        return await self._take_entry(self._runs[run_id], item)

    async def _take_entry(self, watched: _Watched, entry: Entry) -> list[Event]:
        match entry.data["kind"]:
            case "start":
                return []
            case "done":
                return await self._close(watched, entry.id)
            case "end":
                generation = await in_thread(selectors.slot_generation, watched.run_id, entry.data["index"])
                return [] if generation is None else _ending(watched, generation, entry.id)
        event = _fold(watched, entry)
        return [] if event is None else [event]

    async def _close(self, watched: _Watched, entry_id: EntryId) -> list[Event]:
        if watched.done:
            return []
        return _catch_up(watched, await in_thread(selectors.run_state, watched.run_id), entry_id)

    async def _look(self, *, reset: bool) -> list[Event]:
        """Ask the database for what ended without our hearing of it and, after a loss, for the text so far.

        Raises Run.DoesNotExist where the topic's owner deleted it with its log.
        """
        events: list[Event] = []
        if any(not watched.done for watched in self._runs.values()):
            await in_thread(rescue_sometimes)
        for watched in self._runs.values():
            if reset or not watched.done:
                state = await in_thread(selectors.run_state, watched.run_id)
                events += [*(_reset_open(watched, state) if reset else []), *_catch_up(watched, state)]
        return events


def _fold(watched: _Watched, entry: Entry) -> Reached | Delta | Reset | None:
    """The part of a text, reasoning or reset entry that was not told yet; None where nothing is new, or where a
    piece before it is missing (then a ``reset`` follows in the log, or the end tells the whole)."""
    data = entry.data
    slot = watched.slot(data["index"])
    if slot.ended:
        return None
    if data["kind"] == "phase":
        silent = not any(slot.told.values())
        return Reached(watched.run_id, data["index"], data["phase"], entry.id) if silent else None
    if data["kind"] == "reset":
        slot.told = {"text": len(data["text"]), "reasoning": len(data["reasoning"])}
        return Reset(watched.run_id, data["index"], data["text"], data["reasoning"], entry.id)
    channel: Channel = data["kind"]
    told = slot.told[channel]
    if told is None:
        told = data["offset"]
    if data["offset"] > told:
        return None
    text = data["text"][told - data["offset"] :]
    slot.told[channel] = told + len(text)
    return Delta(watched.run_id, data["index"], channel, text, told, data["t"], entry.id) if text else None


def _catch_up(watched: _Watched, state: RunState, entry_id: EntryId | None = None) -> list[Event]:
    """What has ended by the database's word and was not told."""
    events: list[Event] = []
    for generation in state.generations:
        events += _ending(watched, generation, None)
    if state.run.ended_at is not None and not watched.done:
        watched.done = True
        events.append(Done(state, entry_id))
    return events


def _ending(watched: _Watched, generation: Generation, entry_id: EntryId | None) -> list[Event]:
    """What is missing of the text, then the end itself; nothing where the end was told already."""
    slot = watched.slot(generation.index)
    if slot.ended or generation.is_open:
        return []
    slot.ended = True
    missing = [event for channel in CHANNELS if (event := _missing(watched, slot, generation, channel)) is not None]
    return [*missing, Ended(watched.run_id, generation, entry_id)]


def _missing(watched: _Watched, slot: _Slot, generation: Generation, channel: Channel) -> Event | None:
    told = slot.told[channel]
    whole = generation.text if channel == "text" else generation.reasoning
    if told is None or told == len(whole):
        return None
    if told > len(whole):
        _know(watched, generation)
        return Reset(watched.run_id, generation.index, generation.text, generation.reasoning)
    return Delta(watched.run_id, generation.index, channel, whole[told:], told, generation.time or 0.0)


def _reset_open(watched: _Watched, state: RunState) -> list[Event]:
    """The saved text of what still runs, unless the reader has more of it than was saved."""
    events: list[Event] = []
    for generation in state.generations:
        slot = watched.slot(generation.index)
        if generation.is_open and not slot.ended and (slot.told["text"] or 0) <= len(generation.text):
            _know(watched, generation)
            events.append(Reset(watched.run_id, generation.index, generation.text, generation.reasoning))
    return events


def _know(watched: _Watched, generation: Generation) -> None:
    watched.slot(generation.index).told = {"text": len(generation.text), "reasoning": len(generation.reasoning)}


def _know_ended(watched: _Watched, state: RunState) -> None:
    """Take what has ended as told but for its end, which tells the whole."""
    for generation in state.generations:
        if not generation.is_open:
            _know(watched, generation)
