"""Replay of a topic for one reader: the state it starts from plus the events equals the current state.

``subscriber.subscribe`` yields log entries; this module combines them with the database, which holds ended generations
completely. Text is sent exactly once: an overlap is cut, a gap is filled. Only a lost log, and text that turns out to
be reasoning, lead to a ``Reset``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import redis
from django.utils import timezone

from core.async_db import in_thread, retry_until_available
from core.errors import UNAVAILABLE_ERRORS
from core.redis_clients import loop_client
from generations import selectors
from generations.log import event_log, heartbeats
from generations.log.event_log import Channel, Entry, EntryId
from generations.log.events import Adjusted, Delta, Done, Ended, Event, Idle, PhaseChanged, Reset, Started
from generations.log.subscriber import LOG_LOST, TICK, Signal, subscribe
from generations.models import Generation, Run
from generations.phases import Phase
from generations.selectors import RunState

CHANNELS: tuple[Channel, ...] = ("reasoning", "text")
RETRY_DELAY = 0.5
SETTLED_WITHIN = 4.0
"""Seconds within which a live worker has saved everything that it had streamed before."""
SETTLING_DELAY = 0.2
END_IN_LOG_WITHIN = timedelta(seconds=3)
"""The age from which a saved end is reported from the database. A younger end is about to appear in the log, with an id
to resume from; reported without one, it would be sent again to a reader that reconnects."""

logger = logging.getLogger(__name__)


async def follow_events(
    topic: str,
    *,
    states: Sequence[RunState] = (),
    after: EntryId | None = None,
    known: int = 0,
    tick: float = TICK,
) -> AsyncGenerator[Event, None]:
    """Yield what happens in ``topic``: from the start of the runs in ``states`` (oldest first), or after the entry
    ``after``. The reader already knows every other run with an id up to ``known``.

    Never ends, since later runs may follow: the caller closes it (``aclosing``). No database connection is held between
    events. Raises Run.DoesNotExist once the runs were deleted.
    """
    replay = Replay(topic, known)
    if after is not None and not await replay.recall(after):
        after = None
        if (settled := await _settled(topic)) is not None:
            for event in replay.restart(*settled):
                yield event
    elif after is None:
        for state in states:
            for event in replay.begin(state):
                yield event
    async with aclosing(subscribe(topic, after=after, tick=tick)) as items:
        async for item in items:
            for event in await replay.take(item):
                yield event


async def _settled(topic: str) -> tuple[RunState, set[int]] | None:
    """Wait until the latest run's saved text is no shorter than what any reader has; return the run and the slots that
    were open.

    That is so once the worker of each has made a checkpoint that began after this moment. If a worker does not do so in
    time, the run is returned as it was saved.
    """
    now = time.time()
    deadline = now + SETTLED_WITHIN
    were_open: set[int] = set()
    while (state := await retry_until_available(selectors.latest_run_state, topic)) is not None:
        were_open |= {each.index for each in state.generations if each.is_open}
        workers = sorted({each.worker for each in state.generations if each.is_open and each.worker})
        if await _checkpointed_since(now, workers) or time.time() > deadline:
            return state, were_open
        await asyncio.sleep(SETTLING_DELAY)
    return None


async def _checkpointed_since(moment: float, workers: Sequence[str]) -> bool:
    """Return True if each of these workers has made a checkpoint that began after this moment."""
    if not workers:
        return True
    try:
        times = await loop_client().zmscore(heartbeats.checkpoints_key(), list(workers))
    except redis.RedisError:
        return False
    return all(began is not None and began > moment for began in times)


@dataclass(slots=True)
class _SentSlot:
    """The number of characters of a slot that the reader has, by channel; None if unknown."""

    sent: dict[Channel, int | None]
    ended: bool = False

    def is_covered_by(self, text: str, reasoning: str) -> bool:
        """Return True if these are at least as long as the reader's text, which must never shrink."""
        return (self.sent["text"] or 0) <= len(text) and (self.sent["reasoning"] or 0) <= len(reasoning)

    def replace(self, text: str, reasoning: str) -> None:
        self.sent = {"text": len(text), "reasoning": len(reasoning)}


@dataclass(slots=True)
class _SentRun:
    """The part of a run that the reader has; ``from_start`` is True if the reader has it from the beginning.

    ``run`` is the run as it was read first. ``ended`` has the generations whose ends were sent, by index, until the run
    is done, so that its texts are not kept for longer.
    """

    run_id: int
    from_start: bool = True
    run: Run | None = None
    ended: dict[int, Generation] = field(default_factory=dict)
    slots: dict[int, _SentSlot] = field(default_factory=dict)
    done: bool = False

    def close(self) -> None:
        self.done, self.ended = True, {}

    def slot(self, index: int) -> _SentSlot:
        length = 0 if self.from_start else None
        return self.slots.setdefault(index, _SentSlot({"text": length, "reasoning": length}))

    def save(self, generation: Generation) -> None:
        """Note that the reader has the generation's saved text."""
        self.slot(generation.index).replace(generation.text, generation.reasoning)


class Replay:
    """Record of everything that one reader was sent, from which the events follow that it still lacks."""

    def __init__(self, topic: str, known: int) -> None:
        self._topic = topic
        self._known = known
        self._runs: dict[int, _SentRun] = {}

    def begin(self, state: RunState) -> list[Event]:
        """Send a run from its start. Of a generation that has ended only the end is sent, which has all of its text."""
        sent = self._runs[state.run.pk] = _SentRun(state.run.pk, run=state.run)
        for generation in state.generations:
            if not generation.is_open:
                sent.save(generation)
        return [Started(state, state.start_id), *_catch_up(sent, state)]

    def restart(self, state: RunState, were_open: set[int]) -> list[Event]:
        """Send the latest run as it was saved, to a reader whose resume point is gone.

        Of a generation that had ended before the reader came back, only the end is sent.
        """
        sent = self._runs[state.run.pk] = _SentRun(state.run.pk)
        events: list[Event] = []
        for generation in state.generations:
            sent.save(generation)
            if generation.index in were_open:
                events.append(Reset(sent.run_id, generation.index, generation.text, generation.reasoning))
        return [*events, *_catch_up(sent, state)]

    async def recall(self, after: EntryId) -> bool:
        """Rebuild what the reader had received when it left, from the log up to ``after``.

        Return False if that log is gone. Waits for Redis if it is unavailable.
        """
        if after.seq == 0 and (run := await self._run_that_began(after)) is not None:
            self._runs[run.pk] = _SentRun(run.pk, run=run)
            return True
        while True:
            try:
                log = await event_log.read(loop_client(), self._topic)
                break
            except redis.RedisError as error:
                logger.warning("a reader that resumes %s waits for Redis: %s", self._topic, error)
                await asyncio.sleep(RETRY_DELAY)
        if log.epoch != after.epoch:
            return False
        for entry in log.entries:
            if entry.id <= after:
                self._recall(entry)
        return True

    async def _run_that_began(self, start: EntryId) -> Run | None:
        """Return the latest run if it began with this id, and so lately that its log may not have begun yet."""
        state = await retry_until_available(selectors.latest_run_state, self._topic)
        return None if state is None or event_log.first_epoch(state.run) != start.epoch else state.run

    def _recall(self, entry: Entry) -> None:
        kind = entry.data["kind"]
        from_start = kind == "start" or entry.id.seq == 1
        sent = self._runs.setdefault(entry.data["run"], _SentRun(entry.data["run"], from_start=from_start))
        if kind == "done":
            sent.done = True
        elif kind == "end":
            sent.slot(entry.data["index"]).ended = True
        elif kind != "start":
            _new_part(sent, entry)

    async def take(self, item: Entry | Signal) -> list[Event]:
        """Return the events for the reader that follow from an item of ``subscribe``."""
        if not isinstance(item, Entry):
            if item is LOG_LOST:
                return await self._compare_with_database(retry_until_available, reset=True)
            try:
                return [*await self._compare_with_database(in_thread, reset=False), Idle()]
            except UNAVAILABLE_ERRORS as error:
                logger.warning("the database cannot be queried about %s now: %s", self._topic, error)
                return [Idle()]
        run_id = item.data["run"]
        if run_id not in self._runs:
            if run_id < max([self._known + 1, *self._runs]):
                return []
            if item.data["kind"] == "start":
                state = await retry_until_available(selectors.run_state, run_id)
                self._runs[run_id] = _SentRun(run_id, run=state.run)
                return [Started(state, item.id)]
            # The log of a topic does not report the start of its first run, from which this reader goes on.
            self._runs[run_id] = _SentRun(run_id, from_start=item.id.seq == 1)
        return await self._take_entry(self._runs[run_id], item)

    async def _take_entry(self, sent: _SentRun, entry: Entry) -> list[Event]:
        match entry.data["kind"]:
            case "start":
                return []
            case "done":
                return await self._close(sent, entry)
            case "end":
                generation = await retry_until_available(selectors.slot_generation, sent.run_id, entry.data["index"])
                return [] if generation is None else _ending(sent, generation, entry.id)
        event = _new_part(sent, entry)
        return [] if event is None else [event]

    async def _close(self, sent: _SentRun, entry: Entry) -> list[Event]:
        if sent.done:
            return []
        if sent.run is None or len(sent.ended) < sent.run.total:
            return _catch_up(sent, await retry_until_available(selectors.run_state, sent.run_id), entry.id)
        sent.run.ended_at = datetime.fromisoformat(entry.data["at"])
        state = RunState(sent.run, [sent.ended[index] for index in sorted(sent.ended)])
        sent.close()
        return [Done(state, entry.id)]

    async def _compare_with_database(self, run: Any, *, reset: bool) -> list[Event]:
        """Return the ends whose entries did not arrive and, with ``reset`` after a lost log, the text so far.

        ``run`` runs a query in a thread. Raises Run.DoesNotExist if the topic was deleted with its log.
        """
        events: list[Event] = []
        runs = [sent for sent in self._runs.values() if reset or not sent.done]
        # All are read before any is sent: if the database becomes unavailable in between, nothing counts as sent.
        for sent, state in [(each, await run(selectors.run_state, each.run_id)) for each in runs]:
            if reset:
                events += [*_reset_open(sent, state), *_catch_up(sent, state)]
            else:
                events += _catch_up(sent, state, before=timezone.now() - END_IN_LOG_WITHIN)
        return events


def _new_part(sent: _SentRun, entry: Entry) -> PhaseChanged | Adjusted | Delta | Reset | None:
    """Return the part of a phase, adjusted, text, reasoning, restart or reset entry that was not sent yet.

    None if nothing is new, or if text before it is missing; then a ``reset`` follows in the log, or the end brings all
    of the text.
    """
    data = entry.data
    slot = sent.slot(data["index"])
    if slot.ended:
        return None
    if data["kind"] == "phase":
        silent = not any(slot.sent.values())
        return PhaseChanged(sent.run_id, data["index"], Phase(data["phase"]), entry.id) if silent else None
    if data["kind"] == "adjusted":
        return Adjusted(sent.run_id, data["index"], data["adjustments"], entry.id)
    if data["kind"] == "restart":
        slot.replace("", data["reasoning"])
        return Reset(sent.run_id, data["index"], "", data["reasoning"], entry.id)
    if data["kind"] == "reset":
        if not slot.is_covered_by(data["text"], data["reasoning"]):
            return None
        slot.replace(data["text"], data["reasoning"])
        return Reset(sent.run_id, data["index"], data["text"], data["reasoning"], entry.id)
    channel: Channel = data["kind"]
    length = slot.sent[channel]
    if length is None:
        length = data["offset"]
    if data["offset"] > length:
        return None
    text = data["text"][length - data["offset"] :]
    slot.sent[channel] = length + len(text)
    return Delta(sent.run_id, data["index"], channel, text, length, data["t"], entry.id) if text else None


def _catch_up(
    sent: _SentRun, state: RunState, entry_id: EntryId | None = None, *, before: datetime | None = None
) -> list[Event]:
    """Return the saved ends that were not sent yet; with ``before``, only the ends before that time."""
    events: list[Event] = []
    for generation in state.generations:
        if before is None or (generation.ended_at is not None and generation.ended_at < before):
            events += _ending(sent, generation, None)
    if state.run.ended_at is not None and not sent.done and (before is None or state.run.ended_at < before):
        sent.close()
        events.append(Done(state, entry_id))
    return events


def _ending(sent: _SentRun, generation: Generation, entry_id: EntryId | None) -> list[Event]:
    """Return the missing text and the end itself; nothing if the end was sent already."""
    slot = sent.slot(generation.index)
    if slot.ended or generation.is_open:
        return []
    slot.ended = True
    sent.ended[generation.index] = generation
    missing = [event for channel in CHANNELS if (event := _missing(sent, slot, generation, channel)) is not None]
    return [*missing, Ended(sent.run_id, generation, entry_id)]


def _missing(sent: _SentRun, slot: _SentSlot, generation: Generation, channel: Channel) -> Event | None:
    length = slot.sent[channel]
    text = generation.text if channel == "text" else generation.reasoning
    if length is None or length == len(text):
        return None
    if length > len(text):
        sent.save(generation)
        return Reset(sent.run_id, generation.index, generation.text, generation.reasoning)
    return Delta(sent.run_id, generation.index, channel, text[length:], length, generation.time or 0.0)


def _reset_open(sent: _SentRun, state: RunState) -> list[Event]:
    """Return the saved text of each open generation, unless the reader has more than was saved."""
    events: list[Event] = []
    for generation in state.generations:
        slot = sent.slot(generation.index)
        if generation.is_open and not slot.ended and slot.is_covered_by(generation.text, generation.reasoning):
            sent.save(generation)
            events.append(Reset(sent.run_id, generation.index, generation.text, generation.reasoning))
    return events
