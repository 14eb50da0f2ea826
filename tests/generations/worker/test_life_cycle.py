from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict
from core.redis_clients import thread_client
from generations.limits.admission import GenerationRequest
from generations.log import event_log, heartbeats
from generations.log.event_log import Payload, Writer
from generations.models import DailyUsage, Generation, Run
from generations.selectors import ClaimId, RunState
from generations.services import retry_generation, start_run, stop_generations
from generations.worker import reaper
from generations.worker.checkpoints import Checkpoint, save_checkpoint
from generations.worker.claims import claimable, hand_back, prepare, take, take_of_runs
from generations.worker.control import Listener
from generations.worker.finalize import End, end_generation, end_generations
from generations.worker.reaper import Reaper, recover
from generations.worker.types import Outcome, Snapshot
from providers.adapters.base import ErrorCode, Message, ProviderError, Request, Usage
from tests.generations.claims import WORKER, claim_generation, end_claim
from tests.support import wait
from tests.support.costs import counted
from tests.support.log_entries import append_entry

Status = Generation.Status


def kinds(topic: str) -> list[str]:
    return [entry.data["kind"] for entry in event_log.read_now(thread_client(), topic).entries]


def completed(text: str = "Hello") -> Outcome:
    return Outcome(Status.COMPLETED, text=text, usage=Usage(3, 4), finish_reason="stop", time=1.0, ttft=0.5)


@pytest.fixture
def gone_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker without a sign of life counts as gone the first time that it is looked at."""
    monkeypatch.setattr(reaper, "GONE_FOR", 0.0)


@pytest.fixture
def living_worker() -> Iterator[None]:
    """The connection of a worker that lives, to which the claims of these tests belong."""
    listener = Listener(WORKER, on_stop=lambda _: None, on_wake=lambda: None)
    listener.start(timeout=10)
    yield
    listener.stop()


def test_only_one_of_many_workers_claims_a_generation(state: RunState) -> None:
    claims: list[object] = []

    def claim() -> None:
        claims.append(claim_generation(state.generations[0].pk))
        connections.close_all()

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(each is not None for each in claims) == 1


def test_the_last_generation_to_end_closes_the_run(state: RunState, topic: str) -> None:
    for generation in state.generations:
        claim = claim_generation(generation.pk)
        assert claim is not None
        end_claim(claim, completed())

    assert kinds(topic) == ["start", "end", "end", "done"]
    run = Run.objects.get(pk=state.run.pk)
    assert run.open == 0
    assert run.ended_at is not None


def test_a_run_is_closed_once_if_all_end_at_the_same_moment(state: RunState, topic: str) -> None:
    leases = [claim_generation(generation.pk) for generation in state.generations]
    start = threading.Barrier(len(leases))

    def end(index: int) -> None:
        claim = leases[index]
        assert claim is not None
        start.wait()
        end_claim(claim, completed())
        connections.close_all()

    threads = [threading.Thread(target=end, args=[index]) for index in range(len(leases))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert kinds(topic).count("done") == 1
    assert Run.objects.get(pk=state.run.pk).open == 0


def test_an_end_is_saved_once(state: RunState) -> None:
    claim = claim_generation(state.generations[0].pk)
    assert claim is not None

    first = end_generation(claim.generation, completed("first"))
    second = end_generation(claim.generation, completed("second"))

    assert first is not None
    assert second is None
    assert Generation.objects.get(pk=claim.generation_id).text == "first"


def test_the_request_is_deleted_at_the_end(state: RunState) -> None:
    claim = claim_generation(state.generations[0].pk)
    assert claim is not None
    assert claim.request.messages == (Message("user", "Hello"),)

    end_claim(claim, completed())

    assert Generation.objects.get(pk=claim.generation_id).request is None


def test_a_provider_that_cannot_be_called_fails_its_slot_alone(state: RunState, topic: str) -> None:
    Generation.objects.filter(pk=state.generations[0].pk).update(provider="openai")

    claim = claim_generation(state.generations[0].pk)

    failed = Generation.objects.get(pk=state.generations[0].pk)
    assert claim is None
    assert (failed.status, failed.error_code) == (Status.FAILED, ErrorCode.NO_API_KEY)
    assert "OpenAI" in failed.error
    assert kinds(topic) == ["start", "end"]
    assert Generation.objects.get(pk=state.generations[1].pk).status == Status.QUEUED


def test_a_stop_ends_queued_generations_at_once(state: RunState, topic: str) -> None:
    count = stop_generations(Generation.objects.select_related("current_run"))

    assert count == 2
    assert {each.status for each in Generation.objects.all()} == {Status.STOPPED}
    assert kinds(topic) == ["start", "end", "end", "done"]
    assert claim_generation(state.generations[0].pk) is None


def test_a_stop_flags_a_streaming_generation(state: RunState) -> None:
    claim = claim_generation(state.generations[0].pk)
    assert claim is not None

    count = stop_generations(Generation.objects.filter(pk=claim.generation_id).select_related("current_run"))

    assert count == 1
    assert save_checkpoint(Checkpoint([claim.id], {}))[claim.id].stop_requested


def test_a_second_stop_does_nothing(state: RunState) -> None:
    stop_generations(Generation.objects.select_related("current_run"))

    assert stop_generations(Generation.objects.select_related("current_run")) == 0


def test_a_checkpoint_saves_texts_under_the_claim_alone(state: RunState) -> None:
    first, second = (claim_generation(generation.pk) for generation in state.generations)
    assert first is not None
    assert second is not None
    stranger = ClaimId(second.generation_id, uuid.uuid4())
    texts = {first.id: Snapshot("Hel", "Hm"), stranger: Snapshot("Not mine", "")}

    states = save_checkpoint(Checkpoint([first.id, stranger], texts))

    assert list(states) == [first.id]
    assert list(Generation.objects.order_by("pk").values_list("text", "reasoning")) == [("Hel", "Hm"), ("", "")]


@pytest.mark.usefixtures("gone_at_once")
def test_the_text_of_a_lost_worker_is_kept(state: RunState, topic: str) -> None:
    generation = state.generations[0]
    claim = claim_generation(generation.pk)
    assert claim is not None
    Generation.objects.filter(pk=generation.pk).update(text="from the checkpoint")
    for offset, text in ((0, "from the checkpoint"), (19, " and beyond")):
        entry = Payload(run=state.run.pk, index=0, kind="text", text=text, offset=offset, t=0.1)
        append_entry(topic, entry, claim.writer)

    assert Reaper().reap() == 1

    generation.refresh_from_db()
    assert generation.status == Status.INTERRUPTED
    assert generation.text == "from the checkpoint and beyond"
    assert generation.retryable
    late = Payload(run=state.run.pk, index=0, kind="text", text="!", offset=30, t=0.2)
    assert append_entry(topic, late, claim.writer) is None


@pytest.mark.usefixtures("gone_at_once")
@pytest.mark.parametrize("saved", ["Hel", "a text that counted as more tokens than the provider reports"])
def test_a_whole_answer_that_comes_late_replaces_an_interrupted_one(state: RunState, saved: str) -> None:
    generation = state.generations[0]
    claim = claim_generation(generation.pk)
    assert claim is not None
    Generation.objects.filter(pk=generation.pk).update(text=saved)
    Reaper().reap()
    assert save_checkpoint(Checkpoint([claim.id], {}))[claim.id].status == Status.INTERRUPTED

    assert end_generation(claim.generation, Outcome(Status.FAILED, text="Hell")) is None
    assert end_generation(claim.generation, completed()) is not None

    generation.refresh_from_db()
    assert (generation.status, generation.text, generation.error_code) == (Status.COMPLETED, "Hello", "")
    assert Run.objects.get(pk=state.run.pk).open == 1
    usage = DailyUsage.objects.get()
    assert (usage.answers, usage.tokens) == (1, 7)


def test_what_another_process_has_recovered_is_left_alone(state: RunState, topic: str) -> None:
    claim = claim_generation(state.generations[0].pk)
    assert claim is not None
    lost = Generation.objects.select_related("current_run", "user").get(pk=claim.generation_id)
    assert hand_back(claim.generation, 0)
    again = claim_generation(claim.generation_id)
    assert again is not None

    assert not recover(lost)

    entry = Payload(run=state.run.pk, index=0, kind="text", text="Hello", offset=0, t=0.1)
    assert append_entry(topic, entry, again.writer) is not None
    assert kinds(topic) == ["start", "text"]


@pytest.mark.usefixtures("gone_at_once")
def test_a_generation_that_was_lost_without_text_runs_again(state: RunState, topic: str) -> None:
    generation = state.generations[0]
    first = claim_generation(generation.pk)
    assert first is not None

    Reaper().reap()
    entries = event_log.read_now(thread_client(), topic).entries
    assert [entry.data for entry in entries if entry.data["kind"] == "phase"] == [
        event_log.waiting_entry(generation).payload
    ]
    second = claim_generation(generation.pk)

    assert second is not None
    assert second.lease != first.lease
    assert save_checkpoint(Checkpoint([first.id], {})) == {}
    assert end_generation(first.generation, completed()) is None


@pytest.mark.usefixtures("gone_at_once")
def test_a_generation_that_keeps_killing_its_workers_is_given_up(state: RunState) -> None:
    generation = state.generations[0]
    for _ in range(reaper.MAX_DELIVERIES):
        assert claim_generation(generation.pk) is not None
        Reaper().reap()

    generation.refresh_from_db()
    assert generation.status == Status.INTERRUPTED


@pytest.mark.usefixtures("gone_at_once", "living_worker")
def test_the_answers_of_a_living_worker_are_left_to_it(state: RunState) -> None:
    assert claim_generation(state.generations[0].pk) is not None

    assert Reaper().reap() == 0


@pytest.mark.usefixtures("gone_at_once")
def test_a_worker_never_recovers_its_own_answers(state: RunState) -> None:
    assert claim_generation(state.generations[0].pk) is not None

    assert Reaper(WORKER).reap() == 0


def test_a_worker_without_a_sign_of_life_is_not_given_up_at_the_first_look(state: RunState) -> None:
    assert claim_generation(state.generations[0].pk) is not None
    watcher = Reaper()

    assert watcher.reap() == 0
    wait.until(watcher.reap, "the answer of a gone worker is not recovered")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_what_another_worker_is_claiming_is_left_out(state: RunState) -> None:
    first, second = state.generations
    locked, done = threading.Event(), threading.Event()

    def lock() -> None:
        with transaction.atomic():
            list(Generation.objects.select_for_update().filter(pk=first.pk))
            locked.set()
            done.wait(10)
        connections.close_all()

    thread = threading.Thread(target=lock)
    thread.start()
    assert locked.wait(10)

    taken = take_of_runs([state.run.pk], WORKER, 8)
    done.set()
    thread.join()

    assert [each.pk for each in taken] == [second.pk]
    assert [each.pk for each in take([first.pk, second.pk], WORKER)] == [first.pk]


def test_the_oldest_are_considered_first(state: RunState) -> None:
    first, second = state.generations
    # PostgreSQL writes a row behind the others if an indexed column changes.
    Generation.objects.filter(pk=first.pk).update(created_at=timezone.now())

    assert [each.pk for each in claimable([state.run.pk])] == [first.pk, second.pk]


@pytest.mark.usefixtures("gone_at_once", "living_worker")
def test_a_worker_that_hangs_with_its_connection_open_is_given_up(state: RunState) -> None:
    assert claim_generation(state.generations[0].pk) is not None
    long_ago = time.time() - heartbeats.HANGS_AFTER - 1
    thread_client().zadd(heartbeats.heartbeats_key(), {WORKER: long_ago})

    assert Reaper().reap() == 1


def test_a_claim_of_a_whole_run_costs_two_statements_and_its_end_three(alice: User, topic: str) -> None:
    for columns in (1, 8):
        request = Request(model="demo-swift", messages=(Message("user", "Hello"),))
        with transaction.atomic():
            state = start_run(user=alice, topic=topic, requests=[GenerationRequest("demo", request)] * columns)

        with counted() as claiming:
            taken = take_of_runs([state.run.pk], WORKER, columns + 1)
            prepared = prepare(taken)
        with counted() as ending, transaction.atomic():
            saved = end_generations([End(generation, completed()) for generation in taken])

        assert len(taken) == len(prepared) == columns
        # One is for the user's keys. SQLite cannot return changed rows with those that they refer to.
        assert len(claiming.statements) <= (2 if connection.vendor == "postgresql" else 3), claiming.statements
        assert len(ending.statements) <= (1 if columns == 1 and connection.vendor == "postgresql" else 3)
        assert [each.closes_run for each in saved if each is not None] == [False] * (columns - 1) + [True]


def test_the_reaper_wakes_the_workers_for_answers_that_they_may_have_missed(state: RunState) -> None:
    woken = threading.Event()
    listener = Listener(WORKER, on_stop=lambda _: None, on_wake=woken.set)
    listener.start(timeout=10)
    long_ago = timezone.now() - reaper.MISSED_AFTER - timedelta(seconds=1)

    assert Reaper().reap() == 0
    assert not woken.is_set()
    Generation.objects.filter(pk=state.generations[0].pk).update(queued_at=long_ago)
    assert Reaper().reap() == 0

    assert woken.wait(10)
    listener.stop()


def test_a_claim_is_handed_back_unless_it_was_stopped(state: RunState) -> None:
    running, stopped = (claim_generation(generation.pk) for generation in state.generations)
    assert running is not None
    assert stopped is not None
    Generation.objects.filter(pk=stopped.generation_id).update(stop_requested=True)

    assert hand_back(running.generation, 0)
    assert not hand_back(stopped.generation, 0)


def test_a_retry_is_a_run_of_one_and_keeps_the_earlier_attempt(state: RunState, topic: str) -> None:
    generation = state.generations[0]
    claim = claim_generation(generation.pk)
    assert claim is not None
    error = ProviderError(ErrorCode.STREAM_CUT, "OpenAI broke off. Try again.", retryable=True)
    end_claim(claim, Outcome(Status.FAILED, text="Hal", error=error))
    generation.refresh_from_db()

    retried = retry_generation(
        generation=generation, topic=topic, request=Request("demo-swift", (Message("user", "Hi"),))
    )

    generation.refresh_from_db()
    assert (generation.status, generation.attempt, generation.text) == (Status.QUEUED, 2, "")
    assert (generation.run_id, generation.current_run_id) == (state.run.pk, retried.run.pk)
    assert retried.run.total == 1
    assert generation.past_attempts[0]["text"] == "Hal"
    assert generation.past_attempts[0]["error_code"] == ErrorCode.STREAM_CUT


def failed(generation: Generation, **fields: Any) -> Generation:
    Generation.objects.filter(pk=generation.pk).update(status=Status.FAILED, **fields)
    generation.refresh_from_db()
    return generation


def test_a_retry_keeps_the_texts_of_the_latest_attempts(state: RunState, topic: str, settings: Any) -> None:
    settings.MAX_ANSWER_CHARACTERS = 10
    attempts = [{"attempt": number, "text": text} for number, text in enumerate(["12345678", "1234", "123"], 1)]
    generation = failed(state.generations[0], attempt=4, text="1", past_attempts=attempts)

    retry_generation(generation=generation, topic=topic, request=Request("demo-swift", (Message("user", "Hi"),)))

    generation.refresh_from_db()
    assert [each["text"] for each in generation.past_attempts] == ["1234", "123", "1"]


def test_an_answer_can_be_retried_only_so_often(state: RunState, topic: str) -> None:
    generation = failed(state.generations[0], attempt=32_767)

    with pytest.raises(Conflict, match="Send the prompt again"):
        retry_generation(generation=generation, topic=topic, request=Request("demo-swift", (Message("user", "Hi"),)))


@pytest.mark.parametrize("status", [Status.QUEUED, Status.STREAMING, Status.COMPLETED])
def test_only_an_incomplete_answer_can_be_retried(state: RunState, topic: str, status: str) -> None:
    generation = state.generations[0]
    Generation.objects.filter(pk=generation.pk).update(status=status)

    with pytest.raises(Conflict):
        retry_generation(generation=generation, topic=topic, request=Request("demo-swift", ()))

    assert Run.objects.count() == 1


def test_an_append_by_a_replaced_writer_returns_none(topic: str) -> None:
    entry = Payload(run=1, index=0, kind="end")
    append_entry(topic, entry, Writer(1, "ended", takes=True))

    assert append_entry(topic, entry, Writer(1, "late")) is None
