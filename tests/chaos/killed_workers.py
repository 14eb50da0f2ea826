"""Workers that are killed in mid-stream (SIGKILL), and workers that are asked to end (SIGTERM)."""

from __future__ import annotations

import asyncio
import signal
import time
from functools import partial
from itertools import pairwise

import aiohttp

from tests.chaos.installation import FollowedComparison, Installation, numbered_text, until
from tests.chaos.rows import Row
from tests.fake_providers import Recorded, Script
from tests.support import children
from tests.support.live import Live

KILLS, TERMINATIONS = 20, 4
CHUNKS, SECONDS = 200, 6.0
SILENT_SECONDS = 3.0
MAX_DELIVERIES = 3
"""Claims after which an answer without any text is given up."""
WITHIN = 6.0
"""Seconds after the loss of its worker within which an answer has to end or begin again."""
SHOWN_AFTER = 0.5
"""Seconds after the first token by which it has certainly reached the reader."""


async def run(installation: Installation) -> list[Row]:
    killed = Row("worker killed (SIGKILL) in mid-stream")
    terminated = Row("worker asked to end (SIGTERM) in mid-stream")
    async with installation.session() as session:
        await _series(installation, session, killed, KILLS, signal.SIGKILL)
        await _series(installation, session, terminated, TERMINATIONS, signal.SIGTERM)
    return [killed, terminated]


async def _series(
    installation: Installation, session: aiohttp.ClientSession, row: Row, times: int, number: signal.Signals
) -> None:
    trials = []
    for turn in range(times):
        trial = await _begin(installation, session)
        await asyncio.sleep(installation.rng.uniform(0.1, 2.0))
        # Mostly the same side, because only a worker that has run for some seconds notices the loss of another.
        side = installation.sides[1 if turn % 4 == 3 else 0]
        await _end_worker(side, number, row)
        row.expect(await until(partial(_is_alive, installation, side), 30), "a new worker does not start")
        trials.append(trial)
    delays = [await _judge(installation, session, row, trial) for trial in trials]
    again = sum(len(installation.requests(model)) - 1 for trial in trials for model in trial.started.models)
    cut = sum(end.get("code") == "interrupted" for trial in trials for end in trial.follower.record.ends.values())
    row.tries = times
    row.notes += [f"{cut} interrupted with their text", f"{again} requested again because they had no text"]
    row.notes.append(f"ended within {max(delays):.1f} s of the loss")


async def _end_worker(side: Live, number: signal.Signals, row: Row) -> None:
    assert side.worker is not None
    await asyncio.to_thread(children.end, side.worker, number, 10)
    if number is signal.SIGTERM:
        row.expect(side.worker.returncode == 0, f"a worker that was asked to end exited with {side.worker.returncode}")
    side.start_worker()


def _is_alive(installation: Installation, side: Live) -> bool:
    """Return True if this side's worker has sent a heartbeat."""
    names = installation.redis.zrange("chaos:workers", 0, -1)
    return side.worker is not None and any(f":{side.worker.pid}:" in str(name) for name in names)


async def _begin(installation: Installation, session: aiohttp.ClientSession) -> FollowedComparison:
    """Start a comparison of two models that answer and one that is silent at first."""
    scripts = {}
    for kind, delay in (("talking", 0.0), ("talking", 0.0), ("silent", SILENT_SECONDS)):
        model = installation.unique_model(kind)
        text = numbered_text(model, CHUNKS)
        scripts[model] = Script(text=text, chunk_size=16, total=SECONDS, first_delay=delay)
    return await installation.start_followed(session, scripts)


async def _judge(
    installation: Installation, session: aiohttp.ClientSession, row: Row, trial: FollowedComparison
) -> float:
    """Check all answers; return the longest time from the loss of a worker to an answer's end or next request."""
    name = trial.started.models[0]
    record = await trial.following
    slots = await installation.saved_slots(session, trial.started)
    record.judge(row, name, trial.texts, {index: slot["response"] for index, slot in enumerate(slots)})
    delays, bound = [0.0], WITHIN
    for index, (model, slot) in enumerate(zip(trial.started.models, slots, strict=True)):
        requests = installation.requests(model)
        complete = slot["response"] == trial.texts[index]
        # An answer without text is requested again, but not forever: it may be what kills the workers.
        given_up = installation.claims(model) >= MAX_DELIVERIES
        interrupted = slot["status"] == "interrupted" and (bool(slot["response"]) or given_up)
        right_status = slot["status"] == "completed" if complete else interrupted
        row.expect(right_status, f"{model}: {slot['status']} with {len(slot['response'])} characters")
        for request in requests[:-1]:
            if _was_shown(request):
                row.add_error(f"{model} was requested again after its text had been shown", doubled=1)
        ended = record.ended_at.get(index)
        if ended is not None and slot["status"] == "interrupted":
            delays.append(ended - max(request.hung_up or 0 for request in requests))
        # A claim without a request means that one more worker was lost in between.
        bound = max(bound, WITHIN * (1 + installation.claims(model) - len(requests)))
        for earlier, later in pairwise(requests):
            delays.append(later.began - (earlier.hung_up or later.began))
    row.expect(max(delays) <= bound, f"{name}: ended {max(delays):.1f} s after the loss")
    return max(delays)


def _was_shown(request: Recorded) -> bool:
    return bool(request.sent) and (request.ended or time.monotonic()) - request.sent[0] > SHOWN_AFTER
