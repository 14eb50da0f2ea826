"""A reader that takes one byte a second beside fifty normal ones: the delay that it causes, and its memory."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

from tests.chaos.follower import Follower
from tests.chaos.installation import Installation, StartedComparison, numbered_text
from tests.chaos.process_figures import memory
from tests.chaos.rows import Row, p95
from tests.chaos.timed_reader import delay_timer
from tests.fake_providers import Script

KINDS = ("sse", "socket", "page")
READERS, CHUNKS, SECONDS = 50, 100, 6.0
HEAVY_CHUNKS, HEAVY_SIZE = 500, 600
SETTLED = 30
"""The chunk from which delays count, because all streams have begun by then."""
ROUNDS = 3
RATIO, SLACK = 1.2, 0.003
"""The factor, or the seconds if that is more, by which the slow reader may delay others; tiny ratios mean nothing."""
MEMORY = 32 * 2**20
"""Bytes by which both web processes together may have grown when all rounds are over."""


@dataclass(slots=True)
class Delays:
    without: list[float] = field(default_factory=list)
    beside: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})


async def run(installation: Installation) -> list[Row]:
    rows = {kind: Row(f"1 byte a second beside {READERS} readers ({kind})") for kind in KINDS}
    delays = Delays()
    pids = [side.web.pid for side in installation.sides if side.web is not None]
    async with installation.session() as session:
        for kind in ("", *KINDS):
            await _round(installation, session, rows["sse"], kind)
        before = sum(map(memory, pids))
        for _ in range(ROUNDS):
            delays.without.append(await _round(installation, session, rows["sse"], ""))
            for kind, row in rows.items():
                delays.beside[kind].append(await _round(installation, session, row, kind))
                row.tries += 1
    grown = sum(map(memory, pids)) - before
    for kind, row in rows.items():
        # The best of the interleaved rounds, because other work on the computer only makes rounds worse.
        alone, beside = min(delays.without), min(delays.beside[kind])
        row.expect(
            beside <= max(alone * RATIO, alone + SLACK), f"p95 {beside * 1000:.1f} ms, {alone * 1000:.1f} without it"
        )
        row.expect(grown <= MEMORY, f"the web processes grew by {grown / 2**20:.0f} MB")
        row.notes.append(f"others' p95 {beside * 1000:.1f} ms, without it {alone * 1000:.1f} ms")
    rows["sse"].notes.append(f"both web processes grew by {grown / 2**20:.1f} MB in all rounds")
    return list(rows.values())


async def _round(installation: Installation, session: aiohttp.ClientSession, row: Row, kind: str) -> float:
    """Run one round, with a slow reader unless ``kind`` is empty; return the 95th percentile of the others' delays."""
    heavy = installation.unique_model("heavy")
    text = numbered_text(heavy, HEAVY_CHUNKS, HEAVY_SIZE - 2).replace(heavy[-4:], f"\n\n{heavy[-4:]}")
    installation.vendors.scripts[heavy] = Script(text=text, chunk_size=HEAVY_SIZE, total=SECONDS)
    delays: list[float] = []
    readers = [_read(installation, session, row, delays, number * 0.02) for number in range(READERS)]
    started = await installation.start_comparison(session, [heavy])
    slow = [_read_slowly(installation, session, row, started, kind, text)] if kind else []
    await asyncio.gather(*readers, *slow)
    await installation.wait_for_end(session, started, within=20)
    return p95(delays)


async def _read(
    installation: Installation, session: aiohttp.ClientSession, row: Row, delays: list[float], wait: float
) -> None:
    model = installation.unique_model("beside")
    text = numbered_text(model, CHUNKS)
    installation.vendors.scripts[model] = Script(text=text, chunk_size=16, total=SECONDS)
    await asyncio.sleep(wait)
    started = await installation.start_comparison(session, [model])
    timer = delay_timer(installation, model, delays, SETTLED)
    follower = Follower(session, installation.bases, started.comparison_id, on_event=timer)
    record = await follower.follow()
    record.judge(row, model, {0: text}, {0: text})


async def _read_slowly(
    installation: Installation,
    session: aiohttp.ClientSession,
    row: Row,
    started: StartedComparison,
    kind: str,
    text: str,
) -> None:
    """Read a byte a second while the others read on; over "sse", then read the rest and check that it is complete."""
    loop = asyncio.get_running_loop()
    url = urlsplit(installation.bases[0])
    with closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)
        await loop.sock_connect(connection, (url.hostname, url.port))
        await loop.sock_sendall(connection, installation.request(started.comparison_id, kind).encode())
        received = b""
        for _ in range(int(SECONDS) + 2):
            received += await loop.sock_recv(connection, 1)
            await asyncio.sleep(1)
        if kind != "sse":
            return
        async with asyncio.timeout(30):
            while b'"event":"done"' not in received[-4096:] and (more := await loop.sock_recv(connection, 2**16)):
                received += more
    data_bytes = sum(len(line) for line in received.split(b"\n") if line.startswith(b"data: "))
    row.expect(
        b'"event":"done"' in received and data_bytes > len(text),
        f"received {data_bytes} bytes of data for {len(text)} characters",
    )
