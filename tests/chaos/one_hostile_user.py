"""One hostile user beside twenty calm streams of others, with each kind of attack and then with all at once.

Before each attack the same streams run without it, so that both figures come from the same minutes of one computer.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psycopg

from tests.chaos.attacker.attacks import ATTACKS
from tests.chaos.follower import Follower
from tests.chaos.installation import Installation, numbered_text, until
from tests.chaos.rows import Row, p95
from tests.chaos.timed_reader import CHUNK, delay_timer
from tests.chaos.watch import MB, Holdings, Watch, expiring_bytes, holdings_now, until_idle
from tests.fake_providers import Script
from tests.integration.api_client import Program
from tests.integration.page_client import Browser
from tests.support import children
from tests.support.live import ROOT, Account

ALL_AT_ONCE = "all at once"
STREAMS = 20
STEP = 0.05
"""Seconds between two chunks of a calm stream."""
CHUNKS_WITHOUT, CHUNKS_BESIDE = 50, 100
SETTLED = 10
"""The chunk from which delays count, because all streams have begun by then."""
RATIO = 3.0
"""The factor by which an attack may delay others' chunks."""
LIVES_WITHIN = 0.25
BEGINS_WITHIN = 12.0
"""Seconds that the hostile user has for imports, which are a part of the attack, before the streams start."""
ENDS_WITHIN, IDLE_WITHIN, BACK_WITHIN = 10.0, 8.0, 15.0
LASTS_AT_MOST = 180.0
"""Seconds after which only the attack with all kinds at once begins: a computer that is so busy tells nothing."""
MORE = {"web": 768 * MB, "worker": 512 * MB, "Redis": 256 * MB, "disk": 256 * MB, "database": 512 * MB}
"""Bytes by which an attack may raise what both web processes, both workers, Redis, files and the database hold."""
KEPT = {"web": 256 * MB, "worker": 128 * MB, "Redis": 8 * MB, "disk": 16 * MB, "database": 16 * MB}
"""Bytes of that which may be left when all is over. Python keeps some memory for what comes next."""
LOGS_LAST = 120.0
"""Seconds for which Redis keeps the log of a run that has ended."""
USUAL_LIMITS = """
INSERT INTO accounts_limits (user_id, max_running, max_queued, requests_per_minute)
SELECT id, 40, 200, 120 FROM accounts_user WHERE username = %s
"""
"""The limits of a user if nothing is configured; all users of this installation have wider ones."""


@dataclass(slots=True)
class Hostile:
    """The account of the hostile user, and the cookie of their browser."""

    account: Account
    cookie: str


async def run(installation: Installation) -> list[Row]:
    """Return a row for each kind of attack, and one of what all of them have left behind."""
    kinds = [each for each in os.environ.get("CHAOS_ATTACKS", "").split(",") if each] or [*ATTACKS, ALL_AT_ONCE]
    rows = [Row(f"hostile user beside {STREAMS} streams: {kind}") for kind in kinds]
    left = Row("left behind by the hostile user", tries=1)
    hostile = await asyncio.to_thread(_new_user, installation)
    async with Watch(installation) as watch:
        await _streams(installation, Row("the first streams fill the pools"), CHUNKS_WITHOUT)
        before = await asyncio.to_thread(holdings_now, installation)
        peak = Holdings()
        over = time.monotonic() + LASTS_AT_MOST
        for kind, row in zip(kinds, rows, strict=True):
            if kind != ALL_AT_ONCE and time.monotonic() > over:
                row.expect(False, f"not tried: the attacks before it have taken {LASTS_AT_MOST:g} s")
                continue
            await _round(installation, watch, hostile, kind, row)
            peak.raise_to(watch.peak)
            print("  ".join(row.cells), *row.causes, sep="\n  ", flush=True)
        await _judge_the_end(installation, hostile, left, before, peak)
    return [*rows, left]


def _new_user(installation: Installation) -> Hostile:
    side = installation.sides[0]
    account = side.register()
    with psycopg.connect(side.environment["DATABASE_URL"]) as connection:
        connection.execute(USUAL_LIMITS, [account.username])
    account.api.put("/api/v1/keys/groq", json={"api_key": "the-hostile-users-own-key"}).raise_for_status()
    return Hostile(account, Browser(Program(account)).cookie)


async def _round(installation: Installation, watch: Watch, hostile: Hostile, kind: str, row: Row) -> None:
    """Run the streams without an attack and beside one, and judge the difference."""
    watch.clear()
    without = p95(await _streams(installation, row, CHUNKS_WITHOUT))
    usual = watch.slowest
    before = await asyncio.to_thread(holdings_now, installation)
    watch.clear()
    kinds = list(ATTACKS) if kind == ALL_AT_ONCE else [kind]
    async with _attack(installation, hostile, kinds, row):
        beside = p95(await _streams(installation, row, CHUNKS_BESIDE))
    row.tries = STREAMS
    slowest, load = watch.slowest, os.getloadavg()[0]
    row.notes.append(f"chunk p95 {beside * 1000:.1f} ms, without {without * 1000:.1f} ms")
    row.expect(beside <= RATIO * without, f"chunk p95 {beside / max(without, 0.001):.1f} × of that without it")
    row.notes.append(
        f"health/live at most {slowest * 1000:.0f} ms in {watch.probes} times, without {usual * 1000:.0f} ms"
    )
    row.expect(slowest < LIVES_WITHIN, f"health/live took {slowest * 1000:.0f} ms")
    for failure in watch.failures:
        row.expect(False, failure)
    for name, (low, high) in _pairs(before, watch.peak).items():
        row.notes.append(f"{name} {low / MB:.0f} → {high / MB:.0f} MB")
        row.expect(high - low <= MORE[name], f"{name} grew by {(high - low) / MB:.0f} MB")
    row.expect(await until_idle(installation, IDLE_WITHIN), f"there is still work {IDLE_WITHIN:g} s after the attack")
    row.notes.append(f"load {load:.1f}")


async def _streams(installation: Installation, row: Row, chunks: int) -> list[float]:
    """Run the calm streams, and check all of them; return the delays of their chunks."""
    delays: list[float] = []
    # Connections of an earlier round may be closed by the server in the moment in which they are used again.
    async with installation.session() as session:
        readers = [_stream(installation, session, row, chunks, delays, number * 0.02) for number in range(STREAMS)]
        outcomes = await asyncio.gather(*readers, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            row.add_error(f"a calm stream failed: {outcome!r}", lost=1)
    return delays


async def _stream(
    installation: Installation,
    session: aiohttp.ClientSession,
    row: Row,
    chunks: int,
    delays: list[float],
    wait: float,
) -> None:
    model = installation.unique_model("calm")
    text = numbered_text(model, chunks, CHUNK)
    installation.vendors.scripts[model] = Script(text=text, chunk_size=CHUNK, total=chunks * STEP)
    await asyncio.sleep(wait)
    started = await installation.start_comparison(session, [model])
    timer = delay_timer(installation, model, delays, SETTLED)
    follower = Follower(session, installation.bases, started.comparison_id, on_event=timer)
    record = await follower.follow()
    [slot] = await installation.saved_slots(session, started)
    record.judge(row, model, {0: text}, {0: slot["response"]})
    row.expect(slot["status"] == "completed", f"{model}: {slot['status']}")
    row.expect(not follower.broken, f"{model}: {follower.broken[:2]}")
    row.expect(not follower.refused, f"{model}: its reader was refused: {follower.refused[:2]}")
    row.expect(not record.resets, f"{model}: {record.resets} resets although no log was lost")
    if slot["response"] != text:
        row.add_error(f"{model}: saved {len(slot['response'])} of {len(text)} characters", lost=1)
    if (times := len(installation.requests(model))) != 1:
        row.add_error(f"{model} received {times} requests", doubled=max(0, times - 1), lost=int(not times))


@asynccontextmanager
async def _attack(installation: Installation, hostile: Hostile, kinds: list[str], row: Row) -> AsyncIterator[None]:
    """Let the hostile user do what they need, and then attack for as long as the body runs; note what they did."""
    folder = installation.servers.folder
    orders, report, log = (folder / f"attacker.{suffix}" for suffix in ("json", "report", "log"))
    log.write_text("")
    report.unlink(missing_ok=True)
    settings = {"token": hostile.account.token, "cookie": hostile.cookie, "port": installation.hostile_port}
    orders.write_text(json.dumps({"kinds": kinds, "bases": installation.bases, "report": str(report), **settings}))
    command = [sys.executable, "-m", "tests.chaos.attacker", str(orders)]
    process = children.start(command, log=log, directory=ROOT, environment=installation.sides[0].environment)
    try:
        await until(lambda: "begun" in log.read_text() or process.poll() is not None, BEGINS_WITHIN)
        yield
    finally:
        await asyncio.to_thread(children.end, process, timeout=ENDS_WITHIN)
    _note_deeds(process, report, log, row)


def _note_deeds(process: subprocess.Popen[bytes], report: Path, log: Path, row: Row) -> None:
    if process.returncode != 0 or not report.exists():
        row.expect(False, f"the attacker ended with {process.returncode}: {log.read_text()[-500:]}")
        return
    deeds = json.loads(report.read_text())
    row.expect(bool(deeds["counts"]), "the attacker did nothing")
    for fault in deeds["faults"]:
        row.expect(False, f"an attack ended: {fault}")
    row.notes.append(", ".join(f"{name}: {count}" for name, count in sorted(deeds["counts"].items())))


async def _judge_the_end(
    installation: Installation, hostile: Hostile, row: Row, before: Holdings, peak: Holdings
) -> None:
    """Delete the hostile account, and check that everything is back.

    Memory is back when ``KEPT`` bytes are left at most; in Redis, beside logs that expire within ``LOGS_LAST`` seconds;
    in the database, after a VACUUM FULL.
    """
    account = hostile.account
    response = await asyncio.to_thread(
        account.api.delete, "/api/v1/auth/me", json={"password": account.password}, timeout=60
    )
    row.expect(response.status_code == 204, f"the account is not deleted: {response.status_code} {response.text[:200]}")
    await asyncio.to_thread(_compact_database, installation)
    deadline = time.monotonic() + BACK_WITHIN
    while True:
        after = await asyncio.to_thread(holdings_now, installation)
        after.redis -= await asyncio.to_thread(expiring_bytes, installation, LOGS_LAST)
        left = {name: high - low for name, (low, high) in _pairs(before, after).items()}
        if all(left[name] <= KEPT[name] for name in left) or time.monotonic() > deadline:
            break
        await asyncio.sleep(1)
    for name, (low, high) in _pairs(before, after).items():
        highest = _pairs(before, peak)[name][1]
        row.notes.append(f"{name} {low / MB:.0f} → {highest / MB:.0f} → {high / MB:.0f} MB")
        row.expect(left[name] <= KEPT[name], f"{left[name] / MB:.0f} MB of {name} are left")
    rules = ", ".join(f"{name} {size // MB}" for name, size in KEPT.items())
    row.notes.append(f"back: at most so many MB more than before: {rules}")


def _compact_database(installation: Installation) -> None:
    url = installation.sides[0].environment["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM FULL")


def _pairs(first: Holdings, second: Holdings) -> dict[str, tuple[int, int]]:
    """Return each figure of both, by the name that it has in the table."""
    return {
        **{kind: (first.of(kind), second.of(kind)) for kind in ("web", "worker")},
        "Redis": (first.redis, second.redis),
        "disk": (first.disk, second.disk),
        "database": (first.database, second.database),
    }
