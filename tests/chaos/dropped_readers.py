"""A hundred streams whose readers are dropped again and again, and reconnect to any web process."""

from __future__ import annotations

import asyncio
import time

import aiohttp

from tests.chaos.installation import Installation, StartedComparison, numbered_text
from tests.chaos.rows import Row
from tests.fake_providers import Script

COMPARISONS, SLOTS, CHUNKS, DROPS = 50, 2, 200, 5
SECONDS = 14.0


async def run(installation: Installation, *, comparisons: int = COMPARISONS, seconds: float = SECONDS) -> list[Row]:
    row = Row(f"reader dropped {DROPS} times, {comparisons * SLOTS} streams × {CHUNKS} chunks")
    async with installation.session() as session:
        began = time.monotonic()
        await asyncio.gather(
            *(_comparison(installation, session, row, number * 0.03, seconds) for number in range(comparisons))
        )
    row.notes.append(f"{time.monotonic() - began:.0f} s in all")
    return [row]


async def _comparison(
    installation: Installation, session: aiohttp.ClientSession, row: Row, wait: float, seconds: float
) -> None:
    models = [installation.unique_model("dropped") for _ in range(SLOTS)]
    texts = {index: numbered_text(model, CHUNKS) for index, model in enumerate(models)}
    for index, model in enumerate(models):
        installation.vendors.scripts[model] = Script(text=texts[index], chunk_size=16, total=seconds)
    await asyncio.sleep(wait)
    started = await installation.start_comparison(session, models)
    now = asyncio.get_running_loop().time()
    drops = [now + installation.rng.uniform(0.1, seconds - 0.5) for _ in range(DROPS)]
    follower = installation.follower(session, started, drops)
    record = await follower.follow()
    await _judge(installation, session, row, started, texts)
    saved = {index: slot["response"] for index, slot in enumerate(await installation.saved_slots(session, started))}
    row.tries += follower.dropped
    record.judge(row, started.models[0], texts, saved)
    row.expect(not follower.broken, f"{models[0]}: {follower.broken[:2]}")
    row.expect(not record.resets, f"{models[0]}: {record.resets} resets although no log was lost")


async def _judge(
    installation: Installation,
    session: aiohttp.ClientSession,
    row: Row,
    started: StartedComparison,
    texts: dict[int, str],
) -> None:
    """Check that the saved text is the model's, and that the model received one request."""
    for index, slot in enumerate(await installation.saved_slots(session, started)):
        if slot["response"] != texts[index]:
            row.add_error(f"{started.models[index]}: saved {len(slot['response'])} of {len(texts[index])}", lost=1)
        row.expect(slot["status"] == "completed", f"{started.models[index]}: {slot['status']}")
        request_count = len(installation.requests(started.models[index]))
        if request_count != 1:
            row.add_error(f"{started.models[index]} received {request_count} requests", doubled=1)
