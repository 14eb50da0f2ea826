"""Batched writer of the event log: one per worker, so that entries keep the order in which they were put."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

import redis

from core.redis_clients import heed_cancellation, loop_client
from generations.log import event_log
from generations.log.event_log import EntryId, Payload, Writer

logger = logging.getLogger(__name__)

RETRY_DELAYS = (0.05, 0.1, 0.2, 0.5, 1.0)
BATCH = 500

Acknowledge = Callable[[EntryId | None], None]


@dataclass(frozen=True, slots=True)
class _Item:
    topic: str
    payload: Payload
    writer: Writer | None
    acknowledge: Acknowledge | None
    epoch: int | None


class Publisher:
    """Collects entries while one flush is under way and writes them with the next.

    Entries wait while Redis is unavailable. If a connection breaks during a write, some entries may be written twice;
    readers recognize them by their offset. ``acknowledge`` is called with the entry's id, or with None if another
    writer has taken over.
    """

    def __init__(self) -> None:
        self._items: list[_Item] = []
        self._script_loaded = False
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def put(
        self,
        topic: str,
        payload: Payload,
        writer: Writer | None = None,
        acknowledge: Acknowledge | None = None,
        epoch: int | None = None,
    ) -> None:
        """Queue an entry; never waits. A log that does not exist yet begins with ``epoch``."""
        self._items.append(_Item(topic, payload, writer, acknowledge, epoch))
        self._empty.clear()
        self._wake.set()

    async def run(self) -> None:
        """Write until the task is canceled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._items:
                batch, self._items = self._items[:BATCH], self._items[BATCH:]
                await self._write(batch)
            self._empty.set()

    async def drain(self) -> None:
        """Wait until everything that was put has been written."""
        await self._empty.wait()

    async def _write(self, batch: list[_Item]) -> None:
        attempt = 0
        while True:
            try:
                results = await self._execute(batch)
                break
            except (redis.RedisError, OSError) as error:
                self._script_loaded = False
                delay = RETRY_DELAYS[min(attempt, len(RETRY_DELAYS) - 1)]
                attempt += 1
                logger.warning("%d entries wait for Redis: %s", len(batch), error)
                await asyncio.sleep(delay)
        for item, result in zip(batch, results, strict=True):
            if item.acknowledge is not None:
                item.acknowledge(event_log.entry_id(result))

    async def _execute(self, batch: list[_Item]) -> list[list[bytes] | None]:
        async with loop_client().pipeline(transaction=False) as pipeline:
            if not self._script_loaded:
                pipeline.script_load(event_log.APPEND)
            for item in batch:
                event_log.append(pipeline, item.topic, item.payload, item.writer, item.epoch, loaded=True)
            results: list[list[bytes] | None] = await pipeline.execute()
        heed_cancellation()
        # A restarted Redis has lost the script; then the connection breaks, or the call fails, and it is loaded again.
        self._script_loaded = True
        return results[-len(batch) :]
