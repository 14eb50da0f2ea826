"""The load client: ``python -m tests.bench.load.client`` reads a job as JSON, puts its load on, and prints the result.

The job is ``{"load": …, "base_url": …, "tokens": […]}``. Requests take the tokens in turn.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
import orjson
import uvloop

from tests.bench.load.distribution import Distribution
from tests.bench.load.doors import DOORS, Caller, Refused
from tests.bench.load.loads import Load
from tests.bench.load.stamps import Column

PATIENCE = 60.0
"""Seconds that an answer may take longer than its provider."""
BUSIEST = 5.0
"""Seconds; a load begins and ends slowly."""
LAG_INTERVAL = 0.05
ERRORS_SHOWN = 10


class Client:
    """Puts one load on; ``result`` has what it saw."""

    def __init__(self, load: Load, base_url: str, tokens: Sequence[str]) -> None:
        self._load = load
        self._base_url = base_url
        self._tokens = itertools.cycle(tokens)
        self._first: list[float] = []
        self._columns: list[Column] = []
        self._errors: list[str] = []
        self._lags: list[float] = []

    async def run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=self._load.seconds + PATIENCE)
        lag = asyncio.create_task(self._measure_lag())
        async with aiohttp.ClientSession(
            self._base_url, connector=aiohttp.TCPConnector(limit=0), timeout=timeout, read_bufsize=2**20
        ) as http:
            await self._put_on(http)
        lag.cancel()

    @property
    def result(self) -> dict[str, Any]:
        chunks, columns = self._load.chunks, self._columns
        return {
            "first": Distribution.of(self._first).as_json(),
            "delay": Distribution.of([delay for each in columns for delay in each.delays]).as_json(),
            "lag": Distribution.of(self._lags).as_json(),
            "answers": len(columns),
            "chunks": sum(len(each.delays) for each in columns),
            "pace": pace([time for each in columns for time in each.arrivals]),
            "lost": sum(each.lost(chunks) for each in columns if each.completed),
            "doubled": sum(each.doubled for each in columns),
            "reordered": sum(each.reordered for each in columns),
            "not completed": sum(not each.completed for each in columns),
            "errors": self._errors[:ERRORS_SHOWN],
        }

    async def _put_on(self, http: aiohttp.ClientSession) -> None:
        load = self._load
        if load.rate == 0:
            for _ in range(load.starts):
                await self._ask(http)
            return
        began, pause = time.monotonic(), 0.0 if load.rate is None else 1 / load.rate
        async with asyncio.TaskGroup() as group:
            for number in range(load.starts):
                await asyncio.sleep(began + number * pause - time.monotonic())
                group.create_task(self._ask(http))

    async def _ask(self, http: aiohttp.ClientSession) -> None:
        columns = [Column() for _ in range(self._load.columns)]
        self._columns += columns
        began = time.monotonic()
        # Each request takes its own credentials, as those of different people do.
        headers = {"Authorization": f"Bearer {next(self._tokens)}", "Content-Type": "application/json"}
        try:
            await DOORS[self._load.door](Caller(http, headers), self._load.model, columns)
        except (Refused, aiohttp.ClientError, TimeoutError, OSError) as error:
            self._errors.append(repr(error))
        self._errors += [each.error for each in columns if each.error]
        self._first += [(each.first_at - began) * 1000 for each in columns if each.first_at is not None]

    async def _measure_lag(self) -> None:
        """Measure how late this process's own loop is, which tells whether the client is the limit."""
        while True:
            began = time.monotonic()
            await asyncio.sleep(LAG_INTERVAL)
            self._lags.append((time.monotonic() - began - LAG_INTERVAL) * 1000)


def pace(arrivals: Sequence[float]) -> float:
    """Return the chunks a second in the busiest time of ``BUSIEST`` seconds, or in all of a shorter load."""
    ordered = sorted(arrivals)
    most = begin = 0
    for end, time_ in enumerate(ordered):
        while ordered[begin] <= time_ - BUSIEST:
            begin += 1
        most = max(most, end + 1 - begin)
    return most / min(BUSIEST, max(1.0, ordered[-1] - ordered[0])) if ordered else 0.0


def main() -> None:
    job = orjson.loads(sys.stdin.buffer.read())
    client = Client(Load(**job["load"]), job["base_url"], job["tokens"])
    uvloop.run(client.run())
    sys.stdout.buffer.write(orjson.dumps(client.result))


if __name__ == "__main__":
    main()
