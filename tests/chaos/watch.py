"""A watch over an installation: how fast it says that it lives, and what its processes, Redis and disk hold."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
import psycopg

from tests.chaos.installation import Installation
from tests.chaos.process_figures import cpu_seconds, deleted_bytes, memory

MB = 2**20
PROBES_EVERY = 0.15
SAMPLES_EVERY = 0.3
NO_RESPONSE = 10.0
IDLE_SHARE = 0.2
"""The share of one CPU below which the web processes and workers together count as idle."""


@dataclass(slots=True)
class Holdings:
    """Bytes that are in use: the memory of each process, Redis, files on disk, and the database."""

    processes: dict[str, int] = field(default_factory=dict)
    redis: int = 0
    disk: int = 0
    database: int = 0

    def raise_to(self, other: Holdings) -> None:
        """Keep the larger one of each figure."""
        for name, size in other.processes.items():
            self.processes[name] = max(size, self.processes.get(name, 0))
        self.redis, self.disk = max(self.redis, other.redis), max(self.disk, other.disk)
        self.database = max(self.database, other.database)

    def of(self, kind: str) -> int:
        """Return the memory of all processes of a kind, ``web`` or ``worker``."""
        return sum(size for name, size in self.processes.items() if name.startswith(kind))


class Watch:
    """The largest holdings and the slowest response of ``/health/live`` since ``clear``."""

    def __init__(self, installation: Installation) -> None:
        self.peak = Holdings()
        self.slowest, self.probes = 0.0, 0
        self.failures: list[str] = []
        self._installation = installation
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._probe(base)) for base in self._installation.bases]
        self._tasks.append(asyncio.create_task(self._sample()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def clear(self) -> None:
        self.peak, self.slowest, self.probes = Holdings(), 0.0, 0
        self.failures.clear()

    async def _probe(self, base: str) -> None:
        """Ask again and again, each time on a new connection, as a load balancer may."""
        timeout = aiohttp.ClientTimeout(total=NO_RESPONSE)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True), timeout=timeout) as session:
            while True:
                began = time.monotonic()
                try:
                    async with session.get(f"{base}/health/live") as response:
                        if response.status != 200:
                            self.failures.append(f"health/live responds {response.status}")
                except (aiohttp.ClientError, OSError, TimeoutError) as error:
                    self.failures.append(f"health/live does not respond: {error!r}")
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.probes += 1
                await asyncio.sleep(PROBES_EVERY)

    async def _sample(self) -> None:
        while True:
            self.peak.raise_to(await asyncio.to_thread(holdings_now, self._installation))
            await asyncio.sleep(SAMPLES_EVERY)


def holdings_now(installation: Installation) -> Holdings:
    """Measure what is in use; files that are deleted while they are open count as disk."""
    side, pids = installation.sides[0], installation.processes
    with psycopg.connect(side.environment["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return Holdings(
        processes={name: memory(pid) for name, pid in pids.items()},
        redis=int(installation.redis.info("memory")["used_memory"]),
        disk=_folder_size(side.folder) + sum(map(deleted_bytes, pids.values())),
        database=int(row[0]) if row else 0,
    )


def expiring_bytes(installation: Installation, within: float) -> int:
    """Return the bytes of all keys of Redis that it will have forgotten in so many seconds."""
    redis, size = installation.redis, 0
    for key in redis.scan_iter(count=1000):
        if 0 <= redis.pttl(key) <= within * 1000:
            size += int(redis.memory_usage(key) or 0)
    return size


async def until_idle(installation: Installation, seconds: float) -> bool:
    """Wait until the processes have nothing to do; return False if they still have after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        before, began = _cpu(installation), time.monotonic()
        await asyncio.sleep(0.5)
        if _cpu(installation) - before < IDLE_SHARE * (time.monotonic() - began):
            return True
    return False


def _cpu(installation: Installation) -> float:
    return sum(map(cpu_seconds, installation.processes.values()))


def _folder_size(folder: Path) -> int:
    size = 0
    for path, _, files in os.walk(folder):
        for name in files:
            with suppress(OSError):
                size += (Path(path) / name).stat().st_size
    return size
