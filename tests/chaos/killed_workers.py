"""Workers that are killed in mid-stream, and workers that are asked to end."""

from __future__ import annotations

import asyncio
import signal
import time
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import aiohttp

from tests.chaos.follower import Follower
from tests.chaos.installation import Asked, Installation, numbered_text, until
from tests.chaos.reader_record import Account
from tests.chaos.rows import Row
from tests.fake_providers import Recorded, Script
from tests.support import children
from tests.support.live import Live

KILLS, ENDINGS = 20, 4
CHUNKS, SECONDS = 200, 6.0
SILENT_SECONDS = 3.0
MAX_DELIVERIES = 3
"""The number of times that an answer without any text is asked."""
WITHIN = 15.0
"""Seconds after the loss of its worker within which a generation has to end, or to be answered again."""
SPOKEN = 0.5
"""Seconds after its first token from which a reader has certainly been shown something."""


@dataclass(slots=True)
class Trial:
    """Two models that answer and one that is still silent, their reader, and the time of the worker's loss."""

    asked: Asked
    texts: dict[int, str]
    follower: Follower
    following: asyncio.Task[Account]
    shown: dict[int, int]
    lost_at: float = 0.0


async def run(installation: Installation) -> list[Row]:
    killed = Row("worker killed (SIGKILL) in mid-stream")
    told = Row("worker told to end (SIGTERM) in mid-stream")
    async with installation.session() as session:
        await _series(installation, session, killed, KILLS, signal.SIGKILL)
        await _series(installation, session, told, ENDINGS, signal.SIGTERM)
    return [killed, told]


async def _series(
    installation: Installation, session: aiohttp.ClientSession, row: Row, times: int, number: signal.Signals
) -> None:
    trials = []
    for turn in range(times):
        trial = await _begin(installation, session)
        await asyncio.sleep(installation.chance.uniform(0.1, 2.0))
        # Mostly the same one, because a worker has to live for some seconds to notice that another is gone.
        side = installation.sides[1 if turn % 4 == 3 else 0]
        trial.lost_at = time.monotonic()
        await _lose(side, number, row)
        row.expect(await until(partial(_beats, installation, side), 30), "a worker does not come back")
        trials.append(trial)
    delays = [await _judge(installation, session, row, trial) for trial in trials]
    again = sum(len(installation.requests(model)) - 1 for trial in trials for model in trial.asked.models)
    cut = sum(end.get("code") == "interrupted" for trial in trials for end in trial.follower.account.ends.values())
    row.tries = times
    row.notes += [f"{cut} interrupted with their text", f"{again} asked anew that had said nothing"]
    row.notes.append(f"ended within {max(delays):.1f} s of the loss")


async def _lose(side: Live, number: signal.Signals, row: Row) -> None:
    assert side.worker is not None
    await asyncio.to_thread(children.end, side.worker, number, 10)
    if number is signal.SIGTERM:
        row.expect(side.worker.returncode == 0, f"a worker that was told to end left with {side.worker.returncode}")
    side.start_worker()


def _beats(installation: Installation, side: Live) -> bool:
    """Return True if this worker's heartbeat is recent."""
    names = installation.redis.zrange("chaos:workers", 0, -1)
    return side.worker is not None and any(str(name).endswith(f":{side.worker.pid}") for name in names)


async def _begin(installation: Installation, session: aiohttp.ClientSession) -> Trial:
    models = [installation.name(kind) for kind in ("talking", "talking", "silent")]
    texts = {index: numbered_text(model, CHUNKS) for index, model in enumerate(models)}
    for index, model in enumerate(models):
        delay = SILENT_SECONDS if index == 2 else 0.0
        script = Script(text=texts[index], chunk_size=16, total=SECONDS, first_delay=delay)
        installation.vendors.scripts[model] = script
    asked = await installation.ask(session, models)
    follower = installation.follower(session, asked)
    return Trial(asked, texts, follower, asyncio.create_task(follower.follow()), {})


async def _judge(installation: Installation, session: aiohttp.ClientSession, row: Row, trial: Trial) -> float:
    """Return the seconds from the loss of the worker to the last end of an answer that had begun."""
    name = trial.asked.models[0]
    account = await trial.following
    slots = await installation.saved(session, trial.asked)
    account.judge(row, name, trial.texts, {index: slot["response"] for index, slot in enumerate(slots)})
    delays, bound = [0.0], WITHIN
    for index, (model, slot) in enumerate(zip(trial.asked.models, slots, strict=True)):
        requests = installation.requests(model)
        whole = slot["response"] == trial.texts[index]
        # An answer without text is asked again, but not forever: it may be what kills the workers.
        given_up = installation.claims(model) >= MAX_DELIVERIES
        broken_off = slot["status"] == "interrupted" and (bool(slot["response"]) or given_up)
        honest = slot["status"] == "completed" if whole else broken_off
        row.expect(honest, f"{model}: {slot['status']} with {len(slot['response'])} characters")
        for request in requests[:-1]:
            if _has_spoken(request):
                row.blame(f"{model} was asked again after it had spoken", doubled=1)
        ended = account.heard_at.get(index)
        if ended is not None and slot["status"] == "interrupted":
            delays.append(ended - max(request.hung_up or 0 for request in requests))
        # A worker may be lost between the claim and the request; that is one more loss.
        bound = max(bound, WITHIN * (1 + installation.claims(model) - len(requests)))
        for earlier, later in pairwise(requests):
            delays.append(later.began - (earlier.hung_up or later.began))
    row.expect(max(delays) <= bound, f"{name}: ended {max(delays):.1f} s after the loss")
    return max(delays)


def _has_spoken(request: Recorded) -> bool:
    return bool(request.sent) and (request.ended or time.monotonic()) - request.sent[0] > SPOKEN
