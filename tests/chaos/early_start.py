"""Web processes and workers that start before their Redis or their database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import requests

from tests.chaos.installation import Installation, numbered_text, until
from tests.chaos.rows import Row
from tests.fake_providers import Script

LOGS_WITHIN = 15.0
"""Seconds within which a process has to log that it is waiting."""


async def run(installation: Installation) -> list[Row]:
    servers, postgresql = installation.servers, installation.servers.postgresql
    assert postgresql is not None
    return [
        await _start_without(installation, "Redis", servers.stop_redis, servers.start_redis),
        await _start_without(installation, "PostgreSQL", postgresql.stop, postgresql.start),
    ]


async def _start_without(
    installation: Installation, name: str, stop: Callable[[], None], start: Callable[[], None]
) -> Row:
    """Start the second web process and worker while a server is unavailable; check their logs and their recovery."""
    row, side = Row(f"started while {name} is unavailable", tries=2), installation.sides[1]
    await asyncio.to_thread(side.stop)
    await asyncio.to_thread(stop)
    sizes = {process: side.log_path(process).stat().st_size for process in side.processes}
    side.start_web()
    side.start_worker()
    for process, size in sizes.items():
        waits = await until(partial(_logs_waiting, side.log_path(process), size, name), LOGS_WITHIN)
        row.expect(waits, f"{process} does not log that it is waiting: {side.log(process)[-300:]!r}")
    refuses = await asyncio.to_thread(_refuses, side.base_url)
    row.expect(refuses, f"health/ready does not say that {name} is unavailable")
    start()
    for each in installation.sides:
        await asyncio.to_thread(each.wait_until_ready)
    await _check_recovery(installation, row)
    return row


def _refuses(base: str) -> bool:
    """Return True if the web process responds that it is not ready."""
    deadline = time.monotonic() + LOGS_WITHIN
    while time.monotonic() < deadline:
        with suppress(requests.ConnectionError):
            return requests.get(f"{base}/health/ready", timeout=10).status_code == 503
        time.sleep(0.1)
    return False


def _logs_waiting(log: Path, size: int, name: str) -> bool:
    """Return True if the log says, after its first ``size`` characters, that the process is waiting."""
    text = log.read_text(errors="replace")[size:]
    phrases = ("waiting for Redis", "Cannot connect to redis") if name == "Redis" else ("database",)
    return any(phrase in text for phrase in phrases)


async def _check_recovery(installation: Installation, row: Row) -> None:
    model = installation.unique_model("started")
    installation.vendors.scripts[model] = Script(text=numbered_text(model, 5), chunk_size=16)
    async with installation.session() as session:
        started = await installation.start_comparison(session, [model])
        [slot] = await installation.wait_for_end(session, started, within=20)
    row.expect(slot["status"] == "completed", f"{model}: {slot['status']}")
