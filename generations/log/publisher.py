"""Batched writer of the event log: one per worker, so that entries keep the order in which they were put."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import redis

from core.deadline import Deadline
from core.redis_clients import heed_cancellation, loop_client
from generations.log import event_log
from generations.log.event_log import EntryId, NewEntry

logger = logging.getLogger(__name__)

RETRY_DELAYS = (0.05, 0.1, 0.2, 0.5, 1.0)
BATCH = 100
LONGEST_INTERVAL = 0.02
COMPLETE_INTERVAL = 0.01
"""Seconds if nearly all streams have something."""
NEARLY_ALL = 0.9
INTERVAL_PER_STREAM = 0.00125
SHORTEST_INTERVAL = 0.005
"""Seconds; with few streams an interval is shorter, but a single fast one is not written piece by piece."""

Acknowledge = Callable[[EntryId | None], None]


def flush_interval(streams: int, waiting: int) -> float:
    """Return the seconds between two flushes while text of so many of the streams waits.

    A flush costs less for each of them the more it writes, so it waits until nearly all have something. A single
    stream is hardly delayed.
    """
    longest = COMPLETE_INTERVAL if waiting >= NEARLY_ALL * streams else LONGEST_INTERVAL
    return max(SHORTEST_INTERVAL, min(longest, INTERVAL_PER_STREAM * streams))


class _Item(NamedTuple):
    entry: NewEntry
    acknowledge: Acknowledge | None


class Publisher:
    """Collects the entries of an interval and writes them in one flush; ``streams`` returns how many streams run.

    The first entry after a pause and an urgent one are written at once, with all that wait; a patient one waits up to
    20 ms for others. Entries wait while Redis is unavailable. If a connection breaks during a write, some entries may
    be written twice; readers recognize them by their offset. ``acknowledge`` is called with the entry's id, or with
    None if another writer has taken over.
    """

    def __init__(self, streams: Callable[[], int]) -> None:
        self._streams = streams
        self._items: list[_Item] = []
        self._sources: list[Callable[[], None]] = []
        self._script_loaded = False
        self._loop = asyncio.get_running_loop()
        self._flushed_at = float("-inf")
        self._wake = asyncio.Event()
        self._due = Deadline(self._wake.set)
        self._empty = asyncio.Event()
        self._empty.set()

    def put(self, entry: NewEntry, acknowledge: Acknowledge | None = None, *, patient: bool = False) -> None:
        """Queue an entry; never waits. A patient one waits for others to come."""
        self._items.append(_Item(entry, acknowledge))
        self._schedule(patient=patient)

    def ask(self, source: Callable[[], None], *, urgent: bool = False) -> None:
        """Have ``source`` called before the next flush, so that it can put an entry with all that it has by then."""
        self._sources.append(source)
        self._schedule(urgent=urgent)

    def _schedule(self, *, urgent: bool = False, patient: bool = False) -> None:
        if self._wake.is_set():
            return
        self._empty.clear()
        if patient and len(self._items) + len(self._sources) > 1:
            # What waits already is written soon enough.
            return
        now = self._loop.time()
        if patient:
            due = now + LONGEST_INTERVAL
        else:
            due = self._flushed_at + flush_interval(self._streams(), len(self._sources))
        if urgent or due <= now:
            self._wake.set()
        else:
            self._due.set(due)

    async def run(self) -> None:
        """Write until the task is canceled."""
        while True:
            await self._wake.wait()
            self._due.unset()
            self._flushed_at = self._loop.time()
            sources, self._sources = self._sources, []
            for source in sources:
                source()
            items, self._items = self._items, []
            self._wake.clear()
            for begin in range(0, len(items), BATCH):
                await self._write(items[begin : begin + BATCH])
            if not self._items and not self._sources:
                self._empty.set()

    async def drain(self) -> None:
        """Wait until everything that was put has been written."""
        await self._empty.wait()

    async def _write(self, batch: list[_Item]) -> None:
        attempt = 0
        while True:
            try:
                ids = await self._append([item.entry for item in batch])
                break
            except (redis.RedisError, OSError) as error:
                self._script_loaded = False
                delay = RETRY_DELAYS[min(attempt, len(RETRY_DELAYS) - 1)]
                attempt += 1
                logger.warning("%d entries wait for Redis: %s", len(batch), error)
                await asyncio.sleep(delay)
        for item, entry_id in zip(batch, ids, strict=True):
            if item.acknowledge is not None:
                item.acknowledge(entry_id)

    async def _append(self, entries: Sequence[NewEntry]) -> list[EntryId | None]:
        result = await event_log.append(loop_client(), entries, loaded=self._script_loaded)
        heed_cancellation()
        # A restarted Redis has lost the script; then the connection breaks, or the call fails, and it is sent again.
        self._script_loaded = True
        return event_log.entry_ids(result)
