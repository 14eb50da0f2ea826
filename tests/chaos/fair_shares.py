"""Fifty answers that start at once, for a user who may run three, and for one whose budget has one dollar left; users
who fill all places with a slow model; and more starts in a second than the processes can serve.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal

import aiohttp
import psycopg

from tests.chaos.installation import Installation, StartedComparison, numbered_text
from tests.chaos.rows import Row
from tests.fake_providers import Recorded, Script

STARTS = 50
MAX_RUNNING = 3
FLOODS, FLOOD_STARTS, COLUMNS = 5, 5, 8
NEWCOMERS = 5
BURST = 200
PRICED = "gpt-4o"
MAX_TOKENS = 20_000
"""Tokens that cost 20 cents with this model."""
USED_TOKENS = 15_000
SET_LIMITS = "INSERT INTO accounts_limits (user_id, {name}) SELECT id, %s FROM accounts_user WHERE username = %s"


async def run(installation: Installation) -> list[Row]:
    return [
        await _limit_of_three(installation),
        await _budget_of_one_dollar(installation),
        await _slow_model_of_others(installation),
        await _burst(installation),
    ]


async def _limit_of_three(installation: Installation) -> Row:
    row = Row(f"{STARTS} starts at once with a limit of {MAX_RUNNING}", tries=STARTS)
    models = [installation.unique_model("shared") for _ in range(STARTS)]
    for model in models:
        installation.vendors.scripts[model] = Script(text=numbered_text(model, 10), chunk_size=16, delay=0.02)
    async with _user(installation, "max_running", MAX_RUNNING) as session:
        comparisons = await asyncio.gather(*(installation.start_comparison(session, [model]) for model in models))
        for each, model in zip(comparisons, models, strict=True):
            [slot] = await installation.wait_for_end(session, each, within=60)
            row.expect(slot["status"] == "completed", f"{model}: {slot['status']}")
            if slot["response"] != numbered_text(model, 10):
                row.add_error(f"{model}: the saved text is not the model's", lost=1)
            if (times := len(installation.requests(model))) != 1:
                row.add_error(f"{model} received {times} requests", doubled=max(0, times - 1), lost=int(not times))
    most = _most_at_once([request for model in models for request in installation.requests(model)])
    row.expect(most <= MAX_RUNNING, f"{most} ran at once")
    row.notes.append(f"at most {most} at once")
    return row


async def _budget_of_one_dollar(installation: Installation) -> Row:
    row = Row(f"{STARTS} starts at once with one dollar left", tries=STARTS)
    installation.vendors.scripts[PRICED] = Script(text="word " * USED_TOKENS, chunk_size=5)
    async with _user(installation, "dollars_per_day", 1) as session:
        started = await asyncio.gather(*(_start(installation, session) for _ in range(STARTS)))
        costs = []
        for each in [each for each in started if isinstance(each, StartedComparison)]:
            [slot] = await installation.wait_for_end(session, each, within=60)
            row.expect(slot["status"] == "completed", f"an answer is {slot['status']}")
            costs.append(Decimal(slot["cost"]))
    refusals = Counter(each for each in started if isinstance(each, str))
    row.expect(refusals.keys() == {"429 over_budget"}, f"refused with {dict(refusals)}")
    row.expect(0 < sum(costs) <= 1, f"${sum(costs)} were spent")
    row.notes.append(f"{len(costs)} answered for ${sum(costs):.2f}, {refusals.total()} refused")
    return row


async def _slow_model_of_others(installation: Installation) -> Row:
    """Let newcomers ask while others have more answers running and waiting than there are places."""
    row = Row(f"{FLOODS} users with {FLOOD_STARTS * COLUMNS} slots each on a slow model", tries=NEWCOMERS)
    slow, quick = installation.unique_model("slow"), installation.unique_model("quick")
    script = installation.vendors.scripts[slow] = Script(text=numbered_text(slow, 10), chunk_size=16, hold=1)
    installation.vendors.scripts[quick] = Script(text=numbered_text(quick, 10), chunk_size=16)
    async with AsyncExitStack() as stack:
        floods = [await stack.enter_async_context(_user(installation, "max_running", 1000)) for _ in range(FLOODS)]
        started = [
            (flood, await installation.start_comparison(flood, [slow] * COLUMNS))
            for _ in range(FLOOD_STARTS)
            for flood in floods
        ]
        waited = []
        for _ in range(NEWCOMERS):
            newcomer = await stack.enter_async_context(_user(installation, "max_running", 10))
            began = time.monotonic()
            answer = await installation.start_comparison(newcomer, [quick])
            [slot] = await installation.wait_for_end(newcomer, answer, within=20)
            waited.append(time.monotonic() - began)
            row.expect(slot["status"] == "completed", f"the answer of a newcomer is {slot['status']}")
        script.release.set()
        for flood, each in started:
            for slot in await installation.wait_for_end(flood, each, within=60):
                row.expect(slot["status"] == "completed", f"an answer of the flood is {slot['status']}")
                if slot["response"] != script.text:
                    row.add_error("the saved text of the flood is not the model's", lost=1)
    requests = len(installation.requests(slow))
    expected = FLOODS * FLOOD_STARTS * COLUMNS
    if requests != expected:
        row.add_error(f"{requests} requests instead of {expected}", doubled=max(0, requests - expected))
    row.notes.append(f"newcomers were answered after {max(waited):.2f} s at most")
    return row


async def _burst(installation: Installation) -> Row:
    """Start more in a second than can begin in one; nobody may be refused."""
    row = Row(f"{BURST} starts in one second", tries=BURST)
    models = [installation.unique_model("burst") for _ in range(BURST)]
    for model in models:
        installation.vendors.scripts[model] = Script(text=numbered_text(model, 10), chunk_size=16, delay=0.05)

    async def start(session: aiohttp.ClientSession, number: int) -> StartedComparison:
        await asyncio.sleep(number / BURST)
        return await installation.start_comparison(session, [models[number]])

    async with _user(installation, "max_running", 1000) as session:
        started = await asyncio.gather(*(start(session, number) for number in range(BURST)), return_exceptions=True)
        for model, each in zip(models, started, strict=True):
            if isinstance(each, BaseException):
                row.expect(False, f"{model} was not started: {each!r}")
                continue
            [slot] = await installation.wait_for_end(session, each, within=60)
            row.expect(slot["status"] == "completed", f"{model}: {slot['status']}")
            if slot["response"] != numbered_text(model, 10):
                row.add_error(f"{model}: the saved text is not the model's", lost=1)
    return row


async def _start(installation: Installation, session: aiohttp.ClientSession) -> StartedComparison | str:
    """Start a comparison; return it, or the status and code of the refusal."""
    entry = {"provider": "openai", "model": PRICED, "parameters": {"max_tokens": MAX_TOKENS}}
    url = f"{installation.rng.choice(installation.bases)}/api/v1/comparisons"
    async with session.post(url, json={"prompt": "Go", "providers": [entry]}) as response:
        body = await response.json()
        if response.status != 201:
            return f"{response.status} {body['error']['code']}"
        return StartedComparison(body["comparison_id"], [PRICED], [body["results"][0]["result_id"]])


@asynccontextmanager
async def _user(installation: Installation, limit: str, value: int) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session of a new user who has this limit."""
    first = installation.sides[0]
    account = await asyncio.to_thread(first.register)
    with psycopg.connect(first.environment["DATABASE_URL"]) as connection:
        connection.execute(SET_LIMITS.format(name=limit), [value, account.username])
    headers = {"Authorization": f"Bearer {account.token}"}
    async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


def _most_at_once(requests: Sequence[Recorded]) -> int:
    """Return the largest number of these requests that were open at the same moment."""
    changes = sorted((moment, step) for each in requests for moment, step in ((each.began, 1), (each.ended or 0.0, -1)))
    running = most = 0
    for _, step in changes:
        running += step
        most = max(most, running)
    return most
