"""A hundred streams whose readers are dropped again and again, and come back elsewhere."""

from __future__ import annotations

import asyncio
import time

import aiohttp

from tests.chaos.installation import Asked, Installation, numbered_text
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
    models = [installation.name("dropped") for _ in range(SLOTS)]
    texts = {index: numbered_text(model, CHUNKS) for index, model in enumerate(models)}
    for index, model in enumerate(models):
        installation.vendors.scripts[model] = Script(text=texts[index], chunk_size=16, total=seconds)
    await asyncio.sleep(wait)
    asked = await installation.ask(session, models)
    now = asyncio.get_running_loop().time()
    drops = [now + installation.chance.uniform(0.1, seconds - 0.5) for _ in range(DROPS)]
    follower = installation.follower(session, asked, drops)
    account = await follower.follow()
    await _judge(installation, session, row, asked, texts)
    saved = {index: slot["response"] for index, slot in enumerate(await installation.saved(session, asked))}
    row.tries += follower.dropped
    account.judge(row, asked.models[0], texts, saved)
    row.expect(not follower.broken, f"{models[0]}: {follower.broken[:2]}")
    row.expect(not account.resets, f"{models[0]}: {account.resets} resets without need")


async def _judge(
    installation: Installation, session: aiohttp.ClientSession, row: Row, asked: Asked, texts: dict[int, str]
) -> None:
    """Check that the saved text is the model's, and that the model was asked once."""
    for index, slot in enumerate(await installation.saved(session, asked)):
        if slot["response"] != texts[index]:
            row.blame(f"{asked.models[index]}: saved {len(slot['response'])} of {len(texts[index])}", lost=1)
        row.expect(slot["status"] == "completed", f"{asked.models[index]}: {slot['status']}")
        asked_for = len(installation.requests(asked.models[index]))
        if asked_for != 1:
            row.blame(f"{asked.models[index]} was asked {asked_for} times", doubled=1)
