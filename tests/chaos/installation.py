"""Two web processes and two workers on one PostgreSQL and one Redis, and a program that uses them."""

from __future__ import annotations

import asyncio
import random
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psycopg
from redis import Redis

from llmselect_project.run import commands
from tests.chaos.follower import Follower
from tests.chaos.reader_record import Json, ReaderRecord
from tests.fake_providers import Recorded, Script, StandIn
from tests.integration.api_client import Program
from tests.integration.page_client import Browser
from tests.support.live import Live, free_port
from tests.support.servers import Servers

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\n{headers}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: YSByZWFkZXIgb2YgYnl0ZQ==\r\n\r\n"
)
END_STATES = {"completed", "stopped", "failed", "interrupted"}


@dataclass(slots=True)
class StartedComparison:
    """A comparison that was started: its id, and its models and the ids of its results by index."""

    comparison_id: str
    models: list[str]
    results: list[str]


@dataclass(slots=True)
class FollowedComparison:
    """A comparison that was started, the texts of its slots by index, and its reader."""

    started: StartedComparison
    texts: dict[int, str]
    follower: Follower
    following: asyncio.Task[ReaderRecord]


class TaskCountingLive(Live):
    """An installation whose processes report their asyncio tasks (``tests.chaos.task_counter``)."""

    counts: Path

    def _start(self, name: str, arguments: commands.Arguments) -> subprocess.Popen[bytes]:
        python, *options = arguments
        before, module = options[: options.index("-m")], options[options.index("-m") + 1 :]
        return super()._start(name, (python, *before, "-m", "tests.chaos.task_counter", str(self.counts), *module))


class Installation:
    """Two ``sides`` with a web process and a worker each, their servers, the stand-in vendors, and random numbers."""

    def __init__(self, servers: Servers, vendors: StandIn, seed: int) -> None:
        self.servers, self.vendors = servers, vendors
        self.rng = random.Random(seed)
        self.counts = servers.folder / "counts"
        self.counts.mkdir()
        self.hostile_port = free_port()
        """The port of the endpoint of a hostile user, which is a process of its own."""
        hostile = {"GROQ_BASE_URL": f"http://127.0.0.1:{self.hostile_port}/groq/v1"}
        first = TaskCountingLive(servers, vendors, name="chaos", REDIS_URL=servers.redis_url, **hostile)
        first.counts = self.counts
        self.sides = (first, first.beside("-2"))
        self.redis = Redis.from_url(servers.redis_url, socket_timeout=5, decode_responses=True)
        self._token = self.cookie = ""
        self._numbers = iter(range(1_000_000))

    @property
    def processes(self) -> dict[str, int]:
        """The process ids of both web processes and both workers, by name."""
        running = {f"{name}{side.suffix}": process for side in self.sides for name, process in side.processes.items()}
        return {name: process.pid for name, process in running.items() if process is not None}

    @property
    def bases(self) -> list[str]:
        return [side.base_url for side in self.sides]

    def start(self) -> None:
        first, second = self.sides
        first.start()
        second.start_web()
        second.start_worker()
        second.wait_until_ready()
        account = first.register()
        response = account.api.post("/api/v1/tokens", json={"name": "chaos"})
        self._token = response.json()["token"]
        self.cookie = Browser(Program(account)).cookie

    def stop(self) -> None:
        for side in self.sides:
            side.stop()

    def unique_model(self, kind: str) -> str:
        """Return a name of a model that is unique in this run."""
        return f"{kind}-{next(self._numbers)}"

    @asynccontextmanager
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:
        """Open a session that is signed in, without a limit of connections."""
        async with aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._token}"},
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            read_bufsize=2**22,
        ) as session:
            yield session

    async def start_comparison(self, session: aiohttp.ClientSession, models: Sequence[str]) -> StartedComparison:
        """Start a comparison; raises if it is refused."""
        body = {"prompt": "Go", "providers": [{"provider": "openai", "model": model} for model in models]}
        async with session.post(f"{self.rng.choice(self.bases)}/api/v1/comparisons", json=body) as response:
            if response.status != 201:
                raise RuntimeError(f"{response.status}: {await response.text()}")
            started = await response.json()
        return StartedComparison(
            started["comparison_id"], list(models), [slot["result_id"] for slot in started["results"]]
        )

    async def start_followed(self, session: aiohttp.ClientSession, scripts: Mapping[str, Script]) -> FollowedComparison:
        """Start a comparison of models that answer by these scripts, and a reader that follows it."""
        self.vendors.scripts.update(scripts)
        started = await self.start_comparison(session, list(scripts))
        texts = {index: script.text for index, script in enumerate(scripts.values())}
        follower = self.follower(session, started)
        return FollowedComparison(started, texts, follower, asyncio.create_task(follower.follow()))

    async def saved_slots(self, session: aiohttp.ClientSession, started: StartedComparison) -> list[Json]:
        """Return the saved answers, by index."""
        async with session.get(f"{self.bases[0]}/api/v1/comparisons/{started.comparison_id}") as response:
            response.raise_for_status()
            results: list[Json] = (await response.json())["turns"][-1]["results"]
            return results

    async def wait_for_end(
        self, session: aiohttp.ClientSession, started: StartedComparison, within: float
    ) -> list[Json]:
        """Return the saved answers once all have ended, or their state after ``within`` seconds."""
        deadline = time.monotonic() + within
        while True:
            slots = await self.saved_slots(session, started)
            if all(slot["status"] in END_STATES for slot in slots) or time.monotonic() > deadline:
                return slots
            await asyncio.sleep(0.1)

    def follower(
        self, session: aiohttp.ClientSession, started: StartedComparison, drops: Sequence[float] = ()
    ) -> Follower:
        rng = random.Random(self.rng.random())
        return Follower(session, self.bases, started.comparison_id, drops=drops, rng=rng)

    def request(self, comparison_id: str, kind: str) -> str:
        """Return the HTTP request of a bare client that joins a comparison by "sse", by "socket", or like a "page"."""
        base = self.bases[0]
        headers = f"Host: {base.removeprefix('http://')}\r\n"
        if kind == "sse":
            path = f"/api/v1/comparisons/{comparison_id}/stream"
            return f"GET {path} HTTP/1.1\r\n{headers}Authorization: Bearer {self._token}\r\n\r\n"
        if kind == "socket":
            headers += f"Authorization: Bearer {self._token}\r\n"
            return HANDSHAKE.format(path=f"/ws/comparisons/{comparison_id}/", headers=headers)
        headers += f"Cookie: {self.cookie}\r\nOrigin: {base}\r\n"
        return HANDSHAKE.format(path=f"/ws/comparisons/{comparison_id}/html/", headers=headers)

    def claims(self, model: str) -> int:
        """Return how often a worker has claimed the answer of this model."""
        with psycopg.connect(self.sides[0].environment["DATABASE_URL"]) as connection:
            row = connection.execute(
                "SELECT delivery_count FROM generations_generation WHERE model = %s", [model]
            ).fetchone()
        assert row is not None
        return int(row[0])

    def requests(self, model: str) -> list[Recorded]:
        """Return the vendors' requests for this model."""
        return [request for request in self.vendors.requests if request.model == model]


def numbered_text(model: str, chunks: int, size: int = 16) -> str:
    """Return a text in which every chunk names its model and number, so that swapped or moved text is noticed."""
    mark = model[-4:].rjust(4, "_")
    return "".join(f"{mark}{number:05d} ça世🌍".ljust(size, ".")[:size] for number in range(chunks))


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for the condition; return True if it becomes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True
