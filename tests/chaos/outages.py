"""A Redis and a PostgreSQL that are emptied, restarted, or unavailable for a while, in mid-stream."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp

from tests.chaos.installation import FollowedComparison, Installation, numbered_text
from tests.chaos.rows import Row
from tests.fake_providers import Script

COMPARISONS = 4
CHUNKS = 300
LENGTHS = (20.0, 8.0)
"""Seconds of a comparison's two streams: one ends after the outage, one during it."""
QUIET = 14.0
"""Seconds for which one of the comparisons is silent at first."""
BEFORE, OUTAGE_SECONDS = 3.0, 10.0
REFUSED_WITHIN = 5.0
"""Seconds within which a refusal has to come."""
RECOVERED_WITHIN = 20.0

Fault = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Probes:
    """The responses to new work and to pages during an outage."""

    row: Row
    slowest: float = 0.0
    statuses: set[int] = field(default_factory=set)


async def run(installation: Installation) -> list[Row]:
    servers = installation.servers

    async def flush() -> None:
        for _ in range(3):
            installation.redis.flushall()
            await asyncio.sleep(3)

    async def restart() -> None:
        for _ in range(2):
            await asyncio.to_thread(servers.stop_redis)
            servers.start_redis()
            await asyncio.sleep(4)

    async with installation.session() as session:
        flushed = await _through(installation, session, "Redis emptied (FLUSHALL) 3 times", flush)
        restarted = await _through(installation, session, "Redis restarted twice", restart)
    return [flushed, restarted, *await both_outages(installation)]


async def both_outages(installation: Installation) -> list[Row]:
    """Run an outage of Redis, then one of PostgreSQL."""
    servers, postgresql = installation.servers, installation.servers.postgresql
    assert postgresql is not None
    async with installation.session() as session:
        return [
            *await _outage(installation, session, "Redis", servers.stop_redis, servers.start_redis),
            *await _outage(installation, session, "PostgreSQL", postgresql.stop, postgresql.start),
        ]


async def _through(installation: Installation, session: aiohttp.ClientSession, fault: str, cause_fault: Fault) -> Row:
    """Run streams through the fault, and new work after it."""
    row = Row(fault)
    streams = [await _begin(installation, session, quiet=number == 0) for number in range(COMPARISONS)]
    await asyncio.sleep(BEFORE)
    await cause_fault()
    fault_over = time.monotonic()
    row.notes.append(f"new work done {await _new_work(installation, session, row) - fault_over:.1f} s after it")
    for stream in streams:
        await judge_complete(installation, session, row, stream)
    resets = sum(stream.follower.record.resets for stream in streams)
    broken = sum(len(stream.follower.broken) for stream in streams)
    row.notes += [f"{resets} resets", f"{broken} connections broken"]
    return row


async def _outage(
    installation: Installation,
    session: aiohttp.ClientSession,
    name: str,
    stop: Callable[[], None],
    start: Callable[[], None],
) -> list[Row]:
    probes = Probes(Row(f"requests while {name} is unavailable"))

    async def stop_and_start() -> None:
        await asyncio.to_thread(stop)
        await _probe(installation, session, probes, name)
        start()

    row = await _through(installation, session, f"{name} unavailable for {OUTAGE_SECONDS:.0f} s", stop_and_start)
    probes.row.notes.append(f"responses within {probes.slowest:.1f} s, with {sorted(probes.statuses)}")
    return [row, probes.row]


async def _begin(installation: Installation, session: aiohttp.ClientSession, *, quiet: bool) -> FollowedComparison:
    scripts = {}
    for length in LENGTHS:
        model = installation.unique_model("through")
        script = Script(text=numbered_text(model, CHUNKS), chunk_size=16, total=length / (10 if quiet else 1))
        script.first_delay = QUIET if quiet else 0.0
        scripts[model] = script
    return await installation.start_followed(session, scripts)


async def _probe(installation: Installation, session: aiohttp.ClientSession, probes: Probes, name: str) -> None:
    """Request new work and pages, again and again, during the outage."""
    until = time.monotonic() + OUTAGE_SECONDS
    requests = []
    while time.monotonic() < until:
        for base in installation.bases:
            requests.append(asyncio.create_task(_request(session, probes, base, "POST", "/api/v1/comparisons")))
            if name == "PostgreSQL":
                requests.append(asyncio.create_task(_request(session, probes, base, "GET", "/api/v1/comparisons")))
                requests.append(
                    asyncio.create_task(_request(session, probes, base, "GET", "/comparisons/", installation.cookie))
                )
        await asyncio.sleep(0.5)
    await asyncio.gather(*requests)


async def _request(
    session: aiohttp.ClientSession, probes: Probes, base: str, method: str, path: str, cookie: str = ""
) -> None:
    body = {"prompt": "Go", "providers": [{"provider": "openai", "model": "refused"}]} if method == "POST" else None
    headers = {"Cookie": cookie, "Authorization": ""} if cookie else {}
    began = time.monotonic()
    async with session.request(method, base + path, json=body, headers=headers) as response:
        text = await response.text()
    seconds = time.monotonic() - began
    row = probes.row
    row.tries += 1
    row.expect(response.status == 503, f"{method} {path} got {response.status}: {text[:80]!r}")
    row.expect("ry again" in text, f"{method} {path}: no sentence: {text[:80]!r}")
    row.expect(seconds <= REFUSED_WITHIN, f"{method} {path} took {seconds:.1f} s")
    probes.slowest = max(probes.slowest, seconds)
    probes.statuses.add(response.status)


async def _new_work(installation: Installation, session: aiohttp.ClientSession, row: Row) -> float:
    """Start an answer after the outage, wait for its end, and return the time of that."""
    model, over = installation.unique_model("after"), time.monotonic()
    installation.vendors.scripts[model] = Script(text=numbered_text(model, 5), chunk_size=16)
    while True:
        try:
            started = await installation.start_comparison(session, [model])
            break
        except (RuntimeError, aiohttp.ClientError) as error:
            if time.monotonic() - over > RECOVERED_WITHIN:
                row.expect(False, f"still refused {RECOVERED_WITHIN:.0f} s later: {error}")
                return time.monotonic()
            await asyncio.sleep(0.2)
    [slot] = await installation.wait_for_end(session, started, within=RECOVERED_WITHIN)
    row.expect(slot["status"] == "completed", f"new work: {slot['status']} {RECOVERED_WITHIN:.0f} s later")
    return time.monotonic()


async def judge_complete(
    installation: Installation, session: aiohttp.ClientSession, row: Row, stream: FollowedComparison
) -> None:
    record = await stream.following
    slots = await installation.saved_slots(session, stream.started)
    record.judge(row, stream.started.models[0], stream.texts, {i: slot["response"] for i, slot in enumerate(slots)})
    for index, (model, slot) in enumerate(zip(stream.started.models, slots, strict=True)):
        row.tries += 1
        complete = slot["status"] == "completed" and slot["response"] == stream.texts[index]
        row.expect(complete, f"{model}: {slot['status']}, {len(slot['response'])} of {len(stream.texts[index])}")
        if len(installation.requests(model)) != 1:
            row.add_error(f"{model} received {len(installation.requests(model))} requests", doubled=1)
