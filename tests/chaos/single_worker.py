"""Faults of ``make run``, which has one worker and SQLite: the worker is killed, or the database locked."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import aiohttp

from llmselect_project.run.supervisor import RESTART_DELAYS
from tests.chaos.installation import FollowedComparison, Installation, numbered_text, until
from tests.chaos.outages import judge_complete
from tests.chaos.rows import Row
from tests.fake_providers import Script
from tests.support.live import PASSWORD, ApiClient, stand_in_environment
from tests.support.make_run import Started

KILLS = 20
KILLS_OF_ONE = len(RESTART_DELAYS)
"""Crashes within a minute after which the supervisor still starts the worker again."""
CHUNKS, SECONDS = 200, 4.0
LENGTHS = (1.0, 6.0, 12.0)
"""Seconds of the streams while the database is locked, so that some end meanwhile."""
LOCKED_SECONDS = 15.0


class OneCommand(Installation):
    """An installation of one command, with the stand-in vendors and the random numbers of another one."""

    def __init__(self, other: Installation, folder: Path) -> None:
        self.vendors, self.rng, self._numbers = other.vendors, other.rng, other._numbers
        folder.mkdir()
        variables = {**stand_in_environment(other.vendors), "SERVER_KEYS": "everyone", "CIRCUIT_FAILURES": "1000"}
        self.command = Started(folder, variables=variables)

    @property
    def bases(self) -> list[str]:
        return [self.command.url]

    def start(self) -> None:
        self.command.wait_until_ready()
        person = {"username": "alice", "email": "alice@example.org", "password": PASSWORD}
        access = ApiClient(self.command.url).post("/api/v1/auth/register", json=person).json()["access"]
        response = ApiClient(self.command.url, access).post("/api/v1/tokens", json={"name": "chaos"})
        self._token = response.json()["token"]

    def stop(self) -> None:
        self.command.end()


async def run(installation: Installation) -> list[Row]:
    killed, locked = Row("the only worker of make run killed (SIGKILL)"), Row("SQLite locked for 15 s")
    folders = (installation.servers.folder / f"one-command-{number}" for number in itertools.count())
    for first in range(0, KILLS, KILLS_OF_ONE):
        one = OneCommand(installation, next(folders))
        try:
            await asyncio.to_thread(one.start)
            async with one.session() as session:
                await _killed(one, session, killed, min(KILLS_OF_ONE, KILLS - first))
                if not first:
                    await _locked(one, session, locked)
        finally:
            await asyncio.to_thread(one.stop)
    return [killed, locked]


async def _killed(one: OneCommand, session: aiohttp.ClientSession, row: Row, times: int) -> None:
    for kill in range(1, times + 1):
        stream = await _begin(one, session, [SECONDS, SECONDS])
        await asyncio.sleep(one.rng.uniform(0.2, 2.0))
        row.expect(one.command.look_for("celery"), "there is no worker")
        one.command.find("celery").kill()
        again = await until(partial(one.command.has_said, "started again", times=kill), 20)
        row.expect(again, "the worker is not started again")
        record = await stream.following
        slots = await one.saved_slots(session, stream.started)
        saved = {index: slot["response"] for index, slot in enumerate(slots)}
        record.judge(row, stream.started.models[0], stream.texts, saved)
        for index, slot in enumerate(slots):
            complete = slot["response"] == stream.texts[index]
            expected = "completed" if complete else "interrupted"
            row.expect(slot["status"] == expected and bool(slot["response"]), f"{slot['status']}: {slot['response']!r}")
        row.tries += 1


async def _locked(one: OneCommand, session: aiohttp.ClientSession, row: Row) -> None:
    """Lock the file as a backup or a long import does, while answers stream and end."""
    stream = await _begin(one, session, LENGTHS)
    await asyncio.sleep(0.5)
    connection = sqlite3.connect(one.command.var / "llmselect.sqlite3", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    await asyncio.sleep(LOCKED_SECONDS)
    connection.execute("ROLLBACK")
    connection.close()
    await judge_complete(one, session, row, stream)


async def _begin(one: OneCommand, session: aiohttp.ClientSession, lengths: Sequence[float]) -> FollowedComparison:
    scripts = {}
    for length in lengths:
        model = one.unique_model("single")
        scripts[model] = Script(text=numbered_text(model, CHUNKS), chunk_size=16, total=length)
    return await one.start_followed(session, scripts)
