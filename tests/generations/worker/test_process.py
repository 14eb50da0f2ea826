"""A worker with one place, in this process."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from django.db import transaction
from pytest_django import Settings

from accounts.models import User
from core.redis_clients import thread_client
from generations.limits.admission import GenerationRequest
from generations.log import event_log
from generations.models import Generation
from generations.selectors import RunState
from generations.services import start_run
from generations.worker import control, process, reaper
from generations.worker.claims import Prepared, prepare
from generations.worker.control import Listener, wake_workers
from generations.worker.places import Places
from generations.worker.process import StreamWorker
from generations.worker.scheduler import Scheduler
from providers.adapters.base import Message, Request
from tests.support import wait

Status = Generation.Status


@pytest.fixture(autouse=True)
def _no_reaper(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reaper does not help a worker that has missed something."""
    monkeypatch.setattr(reaper, "MISSED_AFTER", timedelta(days=1))


@pytest.fixture
def started(alice: User, settings: Settings) -> Iterator[StreamWorker]:
    settings.WORKER_CONCURRENCY = 1
    worker = StreamWorker()
    worker.start()
    worker._call(first_look_begun(worker))
    worker._writer.submit(worker._scheduler.claim, None).result()
    yield worker
    worker.stop()


async def first_look_begun(worker: StreamWorker) -> None:
    """Wait until the worker has begun to look for answers that waited before it, which may claim those of a test."""
    while worker._look_at_queue.is_set():
        await asyncio.sleep(0)


@pytest.fixture
def full(started: StreamWorker, alice: User) -> tuple[StreamWorker, Generation]:
    """The worker while an answer takes its place, and that answer."""
    other = Generation(pk=2**40, user=alice, lease=uuid.uuid4())
    started._places.hold([other])
    return started, other


@pytest.fixture
def woken() -> Iterator[threading.Event]:
    """Set once the workers are woken."""
    event = threading.Event()
    listener = Listener("observer", on_stop=lambda _: None, on_wake=event.set)
    listener.start(timeout=10)
    yield event
    listener.stop()


def one(user: User, topic: str) -> RunState:
    with transaction.atomic():
        request = GenerationRequest("demo", Request("demo-swift", (Message("user", "Hello"),)))
        return start_run(user=user, topic=topic, requests=[request])


def take(worker: StreamWorker, state: RunState) -> None:
    """Have a worker take a run, and wait until it has claimed what it can."""
    worker.take(state.run.pk)
    worker._writer.submit(worker._scheduler.claim, state.run.pk).result()


def status_of(state: RunState) -> str:
    return Generation.objects.get(current_run=state.run).status


def wait_until_begun(state: RunState) -> None:
    wait.until(lambda: status_of(state) != Status.QUEUED, "the answer does not begin")


def phases(topic: str) -> list[str]:
    return [each.data["phase"] for each in event_log.read_now(thread_client(), topic).entries if "phase" in each.data]


def test_what_a_full_worker_cannot_run_waits_and_other_workers_are_woken(
    full: tuple[StreamWorker, Generation], alice: User, topic: str, woken: threading.Event
) -> None:
    worker, _ = full
    state = one(alice, topic)

    take(worker, state)

    assert woken.wait(10)
    assert status_of(state) == Status.QUEUED
    wait.until(lambda: phases(topic) == ["waiting"], "readers are not told that the answer waits")


def test_a_place_that_becomes_free_is_given_to_what_waits(
    full: tuple[StreamWorker, Generation], alice: User, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "wake_workers", lambda: None)
    worker, other = full
    state = one(alice, topic)
    take(worker, state)
    assert status_of(state) == Status.QUEUED

    worker._soon(worker._drop, other)

    wait_until_begun(state)


def test_nothing_is_claimed_past_others_that_wait(
    full: tuple[StreamWorker, Generation], alice: User, topic: str
) -> None:
    worker, other = full
    first = one(alice, topic)
    take(worker, first)
    worker._places.leave(other)

    second = one(alice, topic)
    take(worker, second)

    assert status_of(second) == Status.QUEUED
    wait_until_begun(first)


def test_a_worker_that_is_woken_claims_what_waits(started: StreamWorker, alice: User, topic: str) -> None:
    state = one(alice, topic)

    wake_workers()

    wait_until_begun(state)


def test_a_worker_takes_the_runs_that_it_starts_itself(
    started: StreamWorker, alice: User, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_take_here", started.take)
    state = one(alice, topic)

    control.enqueue(state.run)

    wait_until_begun(state)


def test_a_worker_begins_with_what_waits(alice: User, topic: str) -> None:
    state = one(alice, topic)
    worker = StreamWorker()

    worker.start()

    wait_until_begun(state)
    worker.stop()


def test_a_worker_that_ends_puts_silent_answers_back_and_wakes_the_others(
    alice: User, topic: str, woken: threading.Event
) -> None:
    state = one(alice, topic)
    worker = StreamWorker()
    worker.start()
    wait_until_begun(state)
    woken.clear()

    worker.stop()

    assert woken.wait(10)
    generation = Generation.objects.get(current_run=state.run)
    assert (generation.status, generation.text) == (Status.QUEUED, "")
    assert phases(topic)[-1] == "waiting"


def test_a_run_that_cannot_be_prepared_does_not_hold_up_others(
    started: StreamWorker, alice: User, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = one(alice, topic), one(alice, topic)

    def prepare_sound(generations: Sequence[Generation]) -> list[Prepared]:
        if generations[0].current_run_id == broken.run.pk:
            raise TypeError("an old request")
        return prepare(generations)

    monkeypatch.setattr(process, "prepare", prepare_sound)
    started._soon(started._look_at_queue.set)

    wait.until(lambda: status_of(broken) == Status.FAILED, "the broken answer does not fail")
    wait_until_begun(sound)


def test_a_task_that_comes_after_the_end_is_left_to_others(alice: User, topic: str) -> None:
    worker = StreamWorker()
    worker.start()
    worker.stop()
    state = one(alice, topic)

    worker.take(state.run.pk)

    assert status_of(state) == Status.QUEUED


def test_a_run_that_comes_twice_at_once_is_begun_once(started: StreamWorker, alice: User, topic: str) -> None:
    state = one(alice, topic)

    with transaction.atomic():
        first, second = started._scheduler.claim([state.run.pk, state.run.pk])

    assert ([each.pk for each in first], second) == ([state.generations[0].pk], [])


def test_a_place_that_becomes_free_during_the_first_look_is_looked_at_again(alice: User, topic: str) -> None:
    changes: list[None] = []
    places = Places(1)
    places.hold([Generation(pk=2**40, user=alice, lease=uuid.uuid4())])
    scheduler = Scheduler("a-worker", places, on_waiting=lambda _: None, on_changed=lambda: changes.append(None))

    for expected in (1, 1):
        with transaction.atomic():
            scheduler.claim([None])
        assert len(changes) == expected


def test_a_worker_that_is_ending_claims_nothing(started: StreamWorker, alice: User, topic: str) -> None:
    state = one(alice, topic)
    started._call(started._cancel_all())

    take(started, state)

    assert status_of(state) == Status.QUEUED
