"""Batched writer of the event log: one per worker, so that entries keep the order in which they were put."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import redis

from core.redis_clients import heed_cancellation, loop_client
from generations.log import event_log
from generations.log.event_log import EntryId, NewEntry

logger = logging.getLogger(__name__)

RETRY_DELAYS = (0.05, 0.1, 0.2, 0.5, 1.0)
BATCH = 100
LONGEST_INTERVAL = 0.02
INTERVAL_PER_STREAM = 0.00125
"""Seconds; the interval reaches its maximum at 20 streams."""

Acknowledge = Callable[[EntryId | None], None]


def flush_interval(streams: int) -> float:
    """Return the seconds between two flushes: with more streams more text is joined, a single one is hardly delayed."""
    return min(LONGEST_INTERVAL, INTERVAL_PER_STREAM * streams)


class _Item(NamedTuple):
    entry: NewEntry
    acknowledge: Acknowledge | None


class Publisher:
    """Collects the entries of an interval and writes them in one flush; ``streams`` returns how many streams run.

    An entry after a pause is written at once, and so is an urgent one, with all that wait. Entries wait while Redis is
    unavailable. If a connection breaks during a write, some entries may be written twice; readers recognize them by
    their offset. ``acknowledge`` is called with the entry's id, or with None if another writer has taken over.
    """

    def __init__(self, streams: Callable[[], int]) -> None:
        self._streams = streams
        self._items: list[_Item] = []
        self._sources: list[Callable[[], None]] = []
        self._script_loaded = False
        self._loop = asyncio.get_running_loop()
        self._flushed_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def put(self, entry: NewEntry, acknowledge: Acknowledge | None = None) -> None:
        """Queue an entry; never waits."""
        self._items.append(_Item(entry, acknowledge))
        self._schedule()

    def ask(self, source: Callable[[], None], *, urgent: bool = False) -> None:
        """Have ``source`` called before the next flush, so that it can put an entry with all that it has by then."""
        self._sources.append(source)
        self._schedule(urgent=urgent)

    def _schedule(self, *, urgent: bool = False) -> None:
        if self._wake.is_set():
            return
        self._empty.clear()
        if urgent:
            self._wake.set()
        elif self._timer is None:
            pause = self._flushed_at + flush_interval(self._streams()) - self._loop.time()
            if pause > 0:
                self._timer = self._loop.call_later(pause, self._wake.set)
            else:
                self._wake.set()

    async def run(self) -> None:
        """Write until the task is canceled."""
        while True:
            await self._wake.wait()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
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
        async with loop_client().pipeline(transaction=False) as pipeline:
            if not self._script_loaded:
                pipeline.script_load(event_log.APPEND)
            event_log.append(pipeline, entries, loaded=True)
            *_, result = await pipeline.execute()
        heed_cancellation()
        # A restarted Redis has lost the script; then the connection breaks, or the call fails, and it is loaded again.
        self._script_loaded = True
        return event_log.entry_ids(result)
