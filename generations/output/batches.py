"""Batches of events, for pages that update many answers at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress

from generations.log.events import Delta, Event

BATCH_LIMIT = 200
PAGE_INTERVAL = 0.04
"""Seconds between two frames to a page."""


async def batches(events: AsyncIterator[Event], interval: float = PAGE_INTERVAL) -> AsyncGenerator[list[Event], None]:
    """Yield lists of events: the first at once, then all that came within ``interval`` seconds of the last list, sooner
    if an answer begins.

    At most ``BATCH_LIMIT`` events wait. A slow reader makes the subscriber wait, which then reads from the log.
    """
    waiting: asyncio.Queue[Event | None] = asyncio.Queue(BATCH_LIMIT)
    begun = asyncio.Event()

    async def collect() -> None:
        try:
            async for event in events:
                await waiting.put(event)
                if isinstance(event, Delta) and event.offset == 0:
                    begun.set()
        except Exception:
            await waiting.put(None)
            raise
        await waiting.put(None)

    collector = asyncio.create_task(collect())
    try:
        ended = False
        while not ended:
            batch = [await waiting.get()]
            while not waiting.empty():
                batch.append(waiting.get_nowait())
            begun.clear()
            ended = batch[-1] is None
            if ready := [event for event in batch if event is not None]:
                yield ready
                with suppress(TimeoutError):
                    await asyncio.wait_for(begun.wait(), interval)
        await collector
    finally:
        collector.cancel()
        with suppress(asyncio.CancelledError):
            await collector
