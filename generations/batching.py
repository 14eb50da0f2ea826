"""Events of a page, told many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress

from generations.events import Event

BATCH_LIMIT = 200


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
