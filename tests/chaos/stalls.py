"""Workers that stand still, a database that is locked, and a CPU that others use.

Nobody has died, so all answers go on and end complete.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import aiohttp
import psycopg

from tests.chaos.installation import FollowedComparison, Installation, numbered_text
from tests.chaos.outages import judge_complete
from tests.chaos.rows import Row
from tests.fake_providers import Script

COMPARISONS = 6
CHUNKS = 200
LENGTHS = (1.0, 6.0, 12.0)
"""Seconds of a comparison's streams, so that some end during the stall."""
BEFORE = 0.5
STOPPED_SECONDS = 8.0
LOCKED_SECONDS = 20.0
STARVED_SECONDS = 60.0
BUSY_LOOPS = 2

Stall = Callable[[], Awaitable[None]]


async def run(installation: Installation) -> list[Row]:
    stopped = f"both workers stopped (SIGSTOP) for {STOPPED_SECONDS:g} s"
    locked = f"table of answers locked for {LOCKED_SECONDS:g} s"
    async with installation.session() as session:
        return [
            await _through(installation, session, stopped, _stopped(installation)),
            await _through(installation, session, locked, _locked(installation)),
            await _starved(installation, session),
        ]


async def _through(installation: Installation, session: aiohttp.ClientSession, fault: str, stall: Stall) -> Row:
    """Run streams through a stall."""
    row = Row(fault)
    streams = [await _begin(installation, session) for _ in range(COMPARISONS)]
    await asyncio.sleep(BEFORE)
    await stall()
    for stream in streams:
        await judge_complete(installation, session, row, stream)
    return row


async def _starved(installation: Installation, session: aiohttp.ClientSession) -> Row:
    """Start streams again and again while other processes use the whole CPU."""
    row = Row(f"{BUSY_LOOPS} busy loops on the CPU for {STARVED_SECONDS:g} s")
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(BUSY_LOOPS)]
    try:
        streams, over = [], time.monotonic() + STARVED_SECONDS
        while time.monotonic() < over:
            streams.append(await _begin(installation, session))
            await asyncio.sleep(1)
        for stream in streams:
            await judge_complete(installation, session, row, stream)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    return row


def _stopped(installation: Installation) -> Stall:
    async def stop() -> None:
        workers = [side.worker for side in installation.sides if side.worker is not None]
        for worker in workers:
            worker.send_signal(signal.SIGSTOP)
        await asyncio.sleep(STOPPED_SECONDS)
        for worker in workers:
            worker.send_signal(signal.SIGCONT)

    return stop


def _locked(installation: Installation) -> Stall:
    """Lock the table of answers as a long migration does."""

    async def lock() -> None:
        url = installation.sides[0].environment["DATABASE_URL"]
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await connection.execute("LOCK TABLE generations_generation IN ACCESS EXCLUSIVE MODE")
            await asyncio.sleep(LOCKED_SECONDS)

    return lock


async def _begin(installation: Installation, session: aiohttp.ClientSession) -> FollowedComparison:
    scripts = {}
    for length in LENGTHS:
        model = installation.unique_model("stalled")
        scripts[model] = Script(text=numbered_text(model, CHUNKS), chunk_size=16, total=length)
    return await installation.start_followed(session, scripts)
