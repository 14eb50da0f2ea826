"""A steady load, after which memory has not grown and no task, connection, subscription or key is left."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import aiohttp

from tests.chaos.installation import Installation, numbered_text
from tests.chaos.process_figures import descriptors, memory, slope, tasks
from tests.chaos.rows import Row
from tests.fake_providers import Script

MINUTES = 2.0
STREAMS, CHUNKS = 20, 60
SAMPLE = 2.0
WARM_UP = 0.4
"""The share of the time after which growth counts."""
GROWTH = 6.0
"""Megabytes by which a process may grow in the time that counts, plus a tenth of them for each minute."""
SETTLED_WITHIN = 20.0
FIRST_STREAMS = 3 * STREAMS
"""The streams that run at once before the load, so that the connection pools of the processes are full."""
POOLS = 20
"""File descriptors by which the connection pools of a process may still grow after the first streams."""
PERSISTENT_KEYS = ("workers", "_kombu.")
"""The beginnings of keys that may exist without an expiry."""


@dataclass(slots=True)
class Resources:
    """The resources of all processes and of Redis at one moment."""

    tasks: dict[str, Counter[str]] = field(default_factory=dict)
    descriptors: dict[str, int] = field(default_factory=dict)
    channels: set[str] = field(default_factory=set)
    clients: int = 0


async def run(installation: Installation, *, minutes: float | None = None) -> list[Row]:
    minutes = minutes or float(os.environ.get("SOAK_MINUTES", MINUTES))
    load, leaks = Row(f"steady load of {STREAMS} streams for {minutes:g} min"), Row("left behind by it")
    async with installation.session() as session:
        await asyncio.gather(*(_stream(installation, session, load) for _ in range(FIRST_STREAMS)))
        await asyncio.sleep(1)
        before = await asyncio.to_thread(resources_now, installation)
        samples = await _soak(installation, session, load, minutes * 60)
    for name, points in samples.items():
        _judge_growth(load, name, points, minutes)
    leaks.tries = load.tries
    await asyncio.to_thread(judge_leaks, installation, leaks, before)
    return [load, leaks]


async def _soak(
    installation: Installation, session: aiohttp.ClientSession, row: Row, seconds: float
) -> dict[str, list[tuple[float, float]]]:
    """Keep up the load; return each process's memory as points of seconds and megabytes."""
    end = time.monotonic() + seconds
    samples: dict[str, list[tuple[float, float]]] = defaultdict(list)

    async def repeat() -> None:
        while time.monotonic() < end:
            await _stream(installation, session, row)

    load = asyncio.gather(*(repeat() for _ in range(STREAMS)))
    began = time.monotonic()
    while not load.done():
        for name, pid in installation.processes.items():
            samples[name].append((time.monotonic() - began, memory(pid) / 2**20))
        del installation.vendors.requests[:-1000]
        await asyncio.wait([load], timeout=SAMPLE)
    await load
    return samples


async def _stream(installation: Installation, session: aiohttp.ClientSession, row: Row) -> None:
    """Run a stream whose reader is dropped once; stop one in ten."""
    rng, model = installation.rng, installation.unique_model("soaked")
    text = numbered_text(model, CHUNKS)
    seconds = rng.uniform(0.5, 3.0)
    installation.vendors.scripts[model] = Script(text=text, chunk_size=16, total=seconds)
    started = await installation.start_comparison(session, [model])
    drops = [asyncio.get_running_loop().time() + rng.uniform(0.1, seconds)]
    follower = installation.follower(session, started, drops)
    stopped = rng.random() < 0.1
    if stopped:
        async with session.post(f"{rng.choice(installation.bases)}/api/v1/comparisons/{started.comparison_id}/cancel"):
            pass
    record = await follower.follow()
    [slot] = await installation.saved_slots(session, started)
    row.tries += 1
    record.judge(row, model, {0: text}, {0: slot["response"]})
    row.expect(slot["status"] in ({"stopped", "completed"} if stopped else {"completed"}), f"{model}: {slot['status']}")
    del installation.vendors.scripts[model]


def _judge_growth(row: Row, name: str, points: list[tuple[float, float]], minutes: float) -> None:
    counted = points[int(len(points) * WARM_UP) :]
    growth = slope(counted) * (counted[-1][0] - counted[0][0])
    row.expect(growth <= GROWTH * (1 + minutes / 10), f"{name} grew by {growth:.1f} MB after its warm-up")
    row.notes.append(f"{name} {counted[-1][1]:.0f} MB {growth:+.1f}")


def resources_now(installation: Installation) -> Resources:
    """Measure the resources in use."""
    resources = Resources(
        channels={str(name) for name in installation.redis.pubsub_channels()},
        clients=len(installation.redis.client_list()),
    )
    for name, pid in installation.processes.items():
        resources.tasks[name] = Counter(tasks(pid, installation.counts))
        resources.descriptors[name] = descriptors(pid)
    return resources


def judge_leaks(installation: Installation, row: Row, before: Resources) -> None:
    """Check that all resources return to their earlier values, and that all but a few keys of Redis expire."""
    deadline = time.monotonic() + SETTLED_WITHIN
    while (problems := _leaks(before, now := resources_now(installation))) and time.monotonic() < deadline:
        time.sleep(0.5)
    for problem in problems:
        row.expect(False, problem)
    without_expiry = [str(key) for key in installation.redis.keys("chaos*") if installation.redis.ttl(key) == -1]
    for key in without_expiry:
        row.expect(key.removeprefix("chaos:").startswith(PERSISTENT_KEYS), f"{key} has no expiry")
    row.notes.append(
        f"{sum(map(Counter.total, now.tasks.values()))} tasks, {sum(now.descriptors.values())} descriptors"
    )
    row.notes.append(
        f"{len(now.channels)} subscriptions, {now.clients} clients of Redis, {len(without_expiry)} keys without expiry"
    )


def _leaks(before: Resources, now: Resources) -> list[str]:
    leaks = [f"still subscribed to {name}" for name in now.channels - before.channels]
    for name, running in now.tasks.items():
        leaks += [f"{name}: {count} more of {task}" for task, count in (running - before.tasks[name]).items()]
    for name, count in now.descriptors.items():
        if count > before.descriptors[name] + POOLS:
            leaks.append(f"{name}: {count} descriptors, not {before.descriptors[name]}")
    return leaks
