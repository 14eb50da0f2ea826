"""Limits and budgets over the public API, with a real worker."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.fake_providers import Script, StandIn
from tests.integration.api_client import EventStream, Program
from tests.integration.event_reader import Event, Reading
from tests.support.live import Account, Live

ENTRY = {"provider": "openai", "model": "gpt-4o"}
BODY = {"prompt": "How much?", "providers": [ENTRY]}


def limit(live: Live, account: Account, **limits: Any) -> None:
    code = (
        "from accounts.models import Limits, User; "
        f"Limits.objects.create(user=User.objects.get(username={account.username!r}), **{limits!r})"
    )
    live.manage("django", "shell", "--command", code)


def most_at_once(vendors: StandIn) -> int:
    """Return the largest number of requests that were open at the same moment."""
    changes = sorted(
        (moment, change) for each in vendors.requests for moment, change in ((each.began, 1), (each.ended or 0.0, -1))
    )
    return max(sum(change for _, change in changes[: position + 1]) for position in range(len(changes)))


def ask(account: Account, **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {account.token}"}
    return requests.post(f"{account.api.base_url}/api/v1/compare", json={**BODY, **more}, headers=headers, timeout=60)


def result(response: requests.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    (only,) = response.json()["turns"][0]["results"]
    return dict(only)


def until_positions(events: EventStream, expected: dict[int, int]) -> list[Event]:
    """Read until the last reported positions, by index, are these; return all events so far."""
    received: list[Event] = []
    told: dict[int, int] = {}
    while {index: told.get(index) for index in expected} != expected:
        received += events.until("queued")
        told[received[-1].data["index"]] = received[-1].data["place"]
    return received


@pytest.fixture
def account(live: Live) -> Account:
    return live.register()


def test_a_user_with_three_slots_runs_three_of_fifty_answers_at_once(
    live: Live, vendors: StandIn, account: Account
) -> None:
    limit(live, account, max_running=3)
    vendors.default = Script(text="One, two, three.", delay=0.02)

    with ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(lambda _: ask(account), range(50)))

    assert {result(response)["response"] for response in responses} == {"One, two, three."}
    assert len(vendors.requests) == 50
    assert most_at_once(vendors) == 3


def test_a_budget_of_one_dollar_is_never_exceeded(live: Live, vendors: StandIn, account: Account) -> None:
    limit(live, account, dollars_per_day="1.00")
    vendors.default = Script(text="word " * 300)

    # Each may cost twenty cents, and then uses a part of that.
    with ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(lambda _: ask(account, parameters={"max_tokens": 20_000}), range(50)))

    assert Counter(response.status_code for response in responses).keys() == {200, 429}
    refused = next(response for response in responses if response.status_code == 429)
    assert refused.json()["error"]["code"] == "over_budget"
    assert "of the $1.00 that you may use in a day" in refused.json()["error"]["message"]
    assert int(refused.headers["Retry-After"]) <= 86_400
    costs = [Decimal(result(response)["cost"]) for response in responses if response.ok]
    assert 0 < sum(costs) <= 1


def test_queued_answers_report_their_position(live: Live, vendors: StandIn, account: Account) -> None:
    limit(live, account, max_running=1)
    vendors.default = script = Script(text="Hello there.", hold=1)

    with Program(account).stream(*["openai/gpt-4o"] * 3) as events:
        received = until_positions(events, {1: 1, 2: 2})
        script.release.set()
        received += list(events)

    assert [event.data["index"] for event in received if event.kind == "complete"] == [0, 1, 2]


def test_a_reader_that_comes_back_is_told_the_positions_again(live: Live, vendors: StandIn, account: Account) -> None:
    limit(live, account, max_running=1)
    vendors.default = script = Script(text="Hello there.", hold=1)
    program = Program(account)
    comparison = program.begin(*["openai/gpt-4o"] * 3)["comparison_id"]
    with program.join(comparison) as events:
        received = until_positions(events, {1: 1, 2: 2})
        received += events.until("chunk", index=0)

    with program.join(comparison, after=received[-1].id) as events:
        until_positions(events, {1: 1, 2: 2})
        script.release.set()
        rest = list(events)

    assert {event.data["index"] for event in rest if event.kind == "complete"} == {0, 1, 2}


def test_positions_are_told_again_while_another_answer_streams(live: Live, vendors: StandIn, account: Account) -> None:
    limit(live, account, max_running=1)
    vendors.scripts["long"] = Script(text="word " * 400, chunk_size=5, delay=0.02)
    vendors.default = script = Script(text="Hello there.", hold=1)

    with Program(account).stream("openai/gpt-4o", "openai/long", "openai/gpt-4o") as events:
        received = until_positions(events, {1: 1, 2: 2})
        script.release.set()
        received += until_positions(events, {2: 1})
        assert "complete" not in {event.kind for event in received if event.data.get("index") == 1}
        received += list(events)

    assert [event.data["index"] for event in received if event.kind == "complete"] == [0, 1, 2]
    Reading.of(received).assert_whole()


def test_a_flood_on_a_slow_model_keeps_nobody_waiting(live: Live, vendors: StandIn, account: Account) -> None:
    """The worker has 50 places."""
    vendors.scripts["slow"] = script = Script(text="At last.", hold=1)
    vendors.default = Script(text="Here I am.")
    flood = Program(account)
    started = [flood.begin(*["openai/slow"] * 8) for _ in range(8)]
    vendors.wait_for_request(model="slow", number=40)

    assert result(ask(live.register()))["response"] == "Here I am."
    waiting = [slot for each in started for slot in flood.slots(each["comparison_id"]) if slot["status"] == "queued"]
    assert len(waiting) == 64 - 40

    script.release.set()
    readings = [Reading.of(flood.join(each["comparison_id"])) for each in started]
    assert [set(reading.answers.values()) for reading in readings] == [{"At last."}] * 8
    assert most_at_once(vendors) <= 41


def test_a_worker_that_comes_later_answers_what_waits(live: Live, vendors: StandIn, account: Account) -> None:
    vendors.default = script = Script(text="At last.", hold=1)
    flood = Program(account)
    started = [flood.begin(*["openai/slow"] * 8) for _ in range(8)]
    vendors.wait_for_request(model="slow", number=40)
    other = live.beside("-second")
    other.start_worker()

    vendors.wait_for_request(model="slow", number=64)

    script.release.set()
    assert all(set(Reading.of(flood.join(each["comparison_id"])).answers.values()) == {"At last."} for each in started)
    other.stop_worker()


def test_an_answer_that_outgrows_the_budget_is_cut_off_and_kept(live: Live, vendors: StandIn, account: Account) -> None:
    limit(live, account, tokens_per_day=5_000)
    vendors.default = script = Script(text="word " * 6_000, chunk_size=25_000, hold=1)

    answer = result(ask(account))

    assert answer["code"] == "over_budget"
    assert answer["error"].startswith("The answer was cut off here because it would exceed your budget.")
    assert answer["response"] == "word " * 5_000
    vendors.requests[0].wait_until_disconnected()
    script.release.set()


def test_requests_beyond_the_limit_of_a_minute_are_refused(live: Live, vendors: StandIn, account: Account) -> None:
    limit(live, account, requests_per_minute=2)

    responses = [ask(account) for _ in range(3)]

    assert [response.status_code for response in responses] == [200, 200, 429]
    assert responses[2].json()["error"]["code"] == "rate_limited"
    assert 0 < int(responses[2].headers["Retry-After"]) <= 60


def test_batch_work_is_answered_as_well(vendors: StandIn, account: Account) -> None:
    vendors.default = Script(text="In my own time.")

    assert result(ask(account, batch=True))["response"] == "In my own time."
