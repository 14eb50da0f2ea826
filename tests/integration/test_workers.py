from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator

import pytest
import requests
from redis import Redis

from generations.log.heartbeats import HANGS_AFTER
from generations.log.heartbeats import INTERVAL as HEARTBEAT_INTERVAL
from generations.worker.reaper import GONE_FOR
from tests.fake_providers import Script, StandIn
from tests.integration.api_client import Program
from tests.integration.event_reader import Reading
from tests.integration.worker_faults import frozen_worker
from tests.support import children, wait
from tests.support.live import Live

TEXT = "one two three four five six seven eight nine ten"
STARTED_WHILE_FULL = {"database": True, "redis": False, "worker": True}


@pytest.fixture
def give_up_workers(live: Live, live_redis: Redis) -> Callable[[], None]:
    """A function after which all present workers count as hanging, unless they give a sign of life."""

    def give_up() -> None:
        long_ago = time.time() - HANGS_AFTER - 1
        for worker in live_redis.zrange("live:workers", 0, -1):
            live_redis.zadd("live:workers", {str(worker, "utf-8"): long_ago})  # type: ignore[arg-type]

    return give_up


@pytest.fixture
def fill_redis(live_redis: Redis) -> Iterator[Callable[[bool], None]]:
    """A function that makes Redis full, or gives it room again."""
    memory = str(live_redis.config_get("maxmemory")["maxmemory"])

    def fill(full: bool) -> None:
        live_redis.config_set("maxmemory", "1" if full else memory)

    yield fill
    fill(False)


def test_the_answers_of_a_killed_worker_end_or_are_answered_again(alice: Program, live: Live, vendors: StandIn) -> None:
    vendors.scripts["talking"] = Script(text=TEXT, end="stall", at=3)
    vendors.scripts["silent"] = Script(first_delay=60)
    started = alice.begin("openai/talking", "anthropic/silent")
    events = alice.join(started["comparison_id"])
    events_before = events.until_text(0, TEXT[:12])
    vendors.wait_for_request(model="silent")

    live.kill_worker()
    vendors.scripts["silent"] = Script(text=TEXT)
    live.start_worker()
    reading = Reading.of(events_before, events)

    reading.assert_whole()
    assert reading.outcomes == ["interrupted", "complete"]
    assert reading.answers == {0: TEXT[:12], 1: TEXT}
    assert reading.ends[0]["retryable"] is True
    assert [slot["status"] for slot in alice.slots(started["comparison_id"])] == ["interrupted", "completed"]
    assert reading.done["metadata"]["failed"] == 1


def test_a_worker_saves_its_answers_on_sigterm(alice: Program, live: Live, vendors: StandIn) -> None:
    vendors.scripts["talking"] = Script(text=TEXT, end="stall", at=3)
    vendors.scripts["silent"] = Script(first_delay=60)
    started = alice.begin("openai/talking", "anthropic/silent")
    events = alice.join(started["comparison_id"])
    events_before = events.until_text(0, TEXT[:12])
    upstream = vendors.wait_for_request(model="silent")

    assert live.worker is not None
    live.worker.send_signal(signal.SIGTERM)
    upstream.wait_until_disconnected()
    events_before += events.until("error", index=0)
    exit_code = live.worker.wait(timeout=10)
    vendors.scripts["silent"] = Script(text=TEXT)
    live.start_worker()
    reading = Reading.of(events_before, events)

    reading.assert_whole()
    assert exit_code == 0
    assert reading.outcomes == ["interrupted", "complete"]
    assert reading.answers == {0: TEXT[:12], 1: TEXT}


def test_a_whole_answer_of_a_worker_that_was_given_up_still_counts(
    alice: Program, live: Live, vendors: StandIn, give_up_workers: Callable[[], None]
) -> None:
    script = vendors.scripts["sleeper"] = Script(text=TEXT, hold=3)
    started = alice.begin("openai/sleeper")
    events = alice.join(started["comparison_id"])
    events_before, sleeper = events.until("chunk"), live.worker

    with frozen_worker(live):
        give_up_workers()
        live.start_worker()
        reading = Reading.of(events_before, events)
    script.release.set()
    wait.until(
        lambda: alice.slots(started["comparison_id"])[0]["status"] == "completed", "the whole answer is not saved"
    )
    assert sleeper is not None
    children.end(sleeper)

    reading.assert_whole()
    assert reading.outcomes == ["interrupted"]
    assert alice.slots(started["comparison_id"])[0]["response"] == TEXT


def test_a_worker_recovers_answers_that_it_has_claimed_but_does_not_hold(
    alice: Program, live: Live, vendors: StandIn
) -> None:
    vendors.scripts["forgotten"] = Script(text=TEXT, end="stall", at=3)
    started = alice.begin("openai/forgotten")
    events = alice.join(started["comparison_id"])
    events_before = events.until_text(0, TEXT[:12])

    new_claim = "Generation.objects.filter(status='streaming').update(lease=uuid.uuid4())"
    live.manage("django", "shell", "--command", f"import uuid; {new_claim}")
    reading = Reading.of(events_before, events)

    reading.assert_whole()
    assert reading.outcomes == ["interrupted"]
    assert alice.slots(started["comparison_id"])[0]["response"] == TEXT[:12]


def test_a_worker_that_wakes_up_late_does_not_disturb_its_successor(
    alice: Program, live: Live, vendors: StandIn, give_up_workers: Callable[[], None]
) -> None:
    vendors.default = Script(text=TEXT, first_delay=1.0)
    started = alice.begin("openai/woken")
    events, sleeper = alice.join(started["comparison_id"]), live.worker
    first = vendors.wait_for_request(model="woken")

    with frozen_worker(live):
        give_up_workers()
        live.start_worker()
        vendors.wait_for_request(model="woken", number=2, timeout=20)
        wait.until(lambda: not first.is_open, "the first answer does not come")
    reading = Reading.of(events)
    assert sleeper is not None
    children.end(sleeper)

    reading.assert_whole()
    assert reading.outcomes == ["complete"]
    assert reading.answers == {0: TEXT}


def test_an_emptied_redis_costs_no_text(alice: Program, vendors: StandIn, live_redis: Redis) -> None:
    vendors.default = Script(text=TEXT, total=0.6)
    events = alice.stream("openai/flushed-a", "google/flushed-b")
    events_before = events.until("chunk")

    live_redis.flushall()
    reading = Reading.of(events_before, events)
    later = Reading.of(alice.stream("mistral/flushed-c"))

    reading.assert_whole()
    assert reading.answers == {0: TEXT, 1: TEXT}
    assert later.outcomes == ["complete"]


def test_a_full_redis_costs_no_text(alice: Program, vendors: StandIn, fill_redis: Callable[[bool], None]) -> None:
    script = vendors.scripts["full"] = Script(text=TEXT, hold=3)
    started = alice.begin("openai/full")
    events = alice.join(started["comparison_id"])
    events_before = events.until_text(0, TEXT[:12])

    fill_redis(True)
    refusal = alice.api.post("/api/v1/comparisons", json=alice.body("openai/refused"))
    time.sleep(HEARTBEAT_INTERVAL + GONE_FOR + 1)
    [slot] = alice.slots(started["comparison_id"])
    script.release.set()
    reading = Reading.of(events_before, events)
    fill_redis(False)
    later = Reading.of(alice.stream("mistral/later"))

    reading.assert_whole()
    assert reading.outcomes == ["complete"]
    assert reading.answers == {0: TEXT}
    assert slot["status"] == "streaming"
    assert alice.slots(started["comparison_id"])[0]["response"] == TEXT
    assert len([request for request in vendors.requests if request.model == "full"]) == 1
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (503, "unavailable")
    assert later.outcomes == ["complete"]


def test_a_worker_that_starts_while_redis_is_full_waits_for_room(
    alice: Program, live: Live, fill_redis: Callable[[bool], None]
) -> None:
    live.stop_worker()
    fill_redis(True)
    live.start_worker()
    wait.until(lambda: checks(live) == STARTED_WHILE_FULL, "the worker does not start")
    time.sleep(2)
    checks_later = checks(live)
    fill_redis(False)
    live.wait_until_ready()

    assert checks_later == STARTED_WHILE_FULL
    assert Reading.of(alice.stream("openai/roomy")).outcomes == ["complete"]


def checks(live: Live) -> dict[str, bool]:
    """Return which parts of the installation work, according to its health."""
    parts = requests.get(f"{live.base_url}/health/ready", timeout=5).json()["checks"]
    return {name: part["ok"] for name, part in parts.items()}
