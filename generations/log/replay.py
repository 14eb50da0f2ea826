"""Watching a topic's runs: what a reader has to be told, so that state plus what follows equals the state of one who
never left.

``follow`` gives log entries; this folds them with the database, where ended generations are whole. Text is told
exactly once: an overlap is cut, a gap is filled, and only a log that was lost leads to a ``Reset``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import redis
from django.utils import timezone

from core.async_db import AWAY, in_thread, patiently
from core.redis_clients import loop_client
from generations import selectors
from generations.log import event_log
from generations.log.event_log import Channel, Entry, EntryId
from generations.log.events import Delta, Done, Ended, Event, Idle, Reached, Reset, Started
from generations.log.subscriber import LOST, TICK, Signal, follow
from generations.models import Generation
from generations.selectors import RunState
from generations.worker.claims import LEASE
from generations.worker.reaper import rescue_sometimes

CHANNELS: tuple[Channel, ...] = ("reasoning", "text")
RETRY_DELAY = 0.5
SETTLED_WITHIN = 4.0
"""Seconds in which a worker that lives has saved all that it had said before."""
SETTLING_DELAY = 0.2
UNTOLD = timedelta(seconds=3)
"""How long ago an end has to be saved to be told by the database's word. Before, the log is about to tell it, with a
place to come back to: whoever was told without one would be told again after coming back."""

logger = logging.getLogger(__name__)


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
        if (settled := await _settled(topic)) is not None:
            for event in account.restart(*settled):
                yield event
    elif after is None:
        for state in states:
            for event in account.begin(state):
                yield event
    async with aclosing(follow(topic, after=after, tick=tick)) as items:
        async for item in items:
            for event in await account.take(item):
                yield event


async def _settled(topic: str) -> tuple[RunState, set[int]] | None:
    """The latest run, once all that was said before this moment has been saved: by then the saved text is no shorter
    than what any reader has. Where a worker does not save it in time, as it was saved. And which slots were open."""
    now = timezone.now()
    deadline = now + timedelta(seconds=SETTLED_WITHIN)
    were_open: set[int] = set()
    while (state := await patiently(selectors.latest_run_state, topic)) is not None:
        were_open |= {each.index for each in state.generations if each.is_open}
        leases = [each.lease_until for each in state.generations if each.lease_until is not None]
        if all(until - LEASE > now for until in leases) or timezone.now() > deadline:
            return state, were_open
        await asyncio.sleep(SETTLING_DELAY)
    return None


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

    def restart(self, state: RunState, were_open: set[int]) -> list[Event]:
        """Tell a reader, whose place in the log is gone, of the latest run as it was saved; what had ended before the
        reader came back is told by its end alone."""
        watched = self._runs[state.run.pk] = _Watched(state.run.pk)
        events: list[Event] = []
        for generation in state.generations:
            _know(watched, generation)
            if generation.index in were_open:
                events.append(Reset(watched.run_id, generation.index, generation.text, generation.reasoning))
        return [*events, *_catch_up(watched, state)]

    async def remember(self, after: EntryId) -> bool:
        """Take account of what the reader had before it left; False where the log does not tell any more. Waits for a
        Redis that is away."""
        while True:
            try:
                log = await event_log.read(loop_client(), self._topic)
                break
            except redis.RedisError as error:
                logger.warning("a reader who came back to %s waits for Redis: %s", self._topic, error)
                await asyncio.sleep(RETRY_DELAY)
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
            if item is LOST:
                return await self._look(patiently, reset=True)
            try:
                return [*await self._look(in_thread, reset=False), Idle()]
            except AWAY as error:
                logger.warning("the database cannot be asked about %s now: %s", self._topic, error)
                return [Idle()]
        run_id = item.data["run"]
        if run_id not in self._runs:
            if run_id < max([self._known + 1, *self._runs]):
                return []
            if item.data["kind"] == "start":
                self._runs[run_id] = _Watched(run_id)
                return [Started(await patiently(selectors.run_state, run_id), item.id)]
            self._runs[run_id] = _Watched(run_id, whole=False)
        return await self._take_entry(self._runs[run_id], item)

    async def _take_entry(self, watched: _Watched, entry: Entry) -> list[Event]:
        match entry.data["kind"]:
            case "start":
                return []
            case "done":
                return await self._close(watched, entry.id)
            case "end":
                generation = await patiently(selectors.slot_generation, watched.run_id, entry.data["index"])
                return [] if generation is None else _ending(watched, generation, entry.id)
        event = _fold(watched, entry)
        return [] if event is None else [event]

    async def _close(self, watched: _Watched, entry_id: EntryId) -> list[Event]:
        if watched.done:
            return []
        return _catch_up(watched, await patiently(selectors.run_state, watched.run_id), entry_id)

    async def _look(self, ask: Any, *, reset: bool) -> list[Event]:
        """Ask the database for what ended without our hearing of it and, after a loss, for the text so far.

        Raises Run.DoesNotExist where the topic's owner deleted it with its log.
        """
        events: list[Event] = []
        if any(not watched.done for watched in self._runs.values()):
            await ask(rescue_sometimes)
        looked_at = [watched for watched in self._runs.values() if reset or not watched.done]
        # All are read before any is told: where the database goes away in between, nothing counts as told.
        for watched, state in [(each, await ask(selectors.run_state, each.run_id)) for each in looked_at]:
            if reset:
                events += [*_reset_open(watched, state), *_catch_up(watched, state)]
            else:
                events += _catch_up(watched, state, before=timezone.now() - UNTOLD)
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
        if not _covers(slot, data["text"], data["reasoning"]):
            return None
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


def _catch_up(
    watched: _Watched, state: RunState, entry_id: EntryId | None = None, *, before: datetime | None = None
) -> list[Event]:
    """What has ended, by the database's word and ``before`` that, and was not told."""
    events: list[Event] = []
    for generation in state.generations:
        if before is None or (generation.ended_at is not None and generation.ended_at < before):
            events += _ending(watched, generation, None)
    if state.run.ended_at is not None and not watched.done and (before is None or state.run.ended_at < before):
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
        if generation.is_open and not slot.ended and _covers(slot, generation.text, generation.reasoning):
            _know(watched, generation)
            events.append(Reset(watched.run_id, generation.index, generation.text, generation.reasoning))
    return events


def _covers(slot: _Slot, text: str, reasoning: str) -> bool:
    """Whether a text is all that the reader has, and perhaps more: nobody's text ever shrinks."""
    return (slot.told["text"] or 0) <= len(text) and (slot.told["reasoning"] or 0) <= len(reasoning)


def _know(watched: _Watched, generation: Generation) -> None:
    watched.slot(generation.index).told = {"text": len(generation.text), "reasoning": len(generation.reasoning)}


def _know_ended(watched: _Watched, state: RunState) -> None:
    """Take what has ended as told but for its end, which tells the whole."""
    for generation in state.generations:
        if not generation.is_open:
            _know(watched, generation)
