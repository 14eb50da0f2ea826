from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from core.errors import Conflict
from core.redis_clients import thread_client
from generations.log import event_log
from generations.log.event_log import Payload, Writer
from generations.models import Generation, Run
from generations.selectors import RunState
from generations.services import retry_generation, stop_generations
from generations.worker import reaper
from generations.worker.claims import claim_generation
from generations.worker.finalize import append_now, end_generation
from generations.worker.leases import requeue_claim, save_checkpoint
from generations.worker.types import Outcome
from providers.adapters.base import ErrorCode, Message, ProviderError, Request, Usage

Status = Generation.Status


def kinds(topic: str) -> list[str]:
    return [entry.data["kind"] for entry in event_log.read_now(thread_client(), topic).entries]


def completed(text: str = "Hello") -> Outcome:
    return Outcome(Status.COMPLETED, text=text, usage=Usage(3, 4), finish_reason="stop", time=1.0, ttft=0.5)


def expire(generation: Generation) -> None:
    Generation.objects.filter(pk=generation.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


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
        append_now(end_generation(generation.pk, completed(), lease=claim.lease))

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
        append_now(end_generation(claim.generation_id, completed(), lease=claim.lease))
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

    first = end_generation(claim.generation_id, completed("first"), lease=claim.lease)
    second = end_generation(claim.generation_id, completed("second"), lease=claim.lease)

    assert first is not None
    assert second is None
    assert Generation.objects.get(pk=claim.generation_id).text == "first"


def test_the_request_is_deleted_at_the_end(state: RunState) -> None:
    claim = claim_generation(state.generations[0].pk)
    assert claim is not None
    assert claim.request.messages == (Message("user", "Hello"),)

    end_generation(claim.generation_id, completed(), lease=claim.lease)

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
    assert save_checkpoint(leases=[claim.lease], changed={}).stops == {claim.lease}


def test_a_second_stop_does_nothing(state: RunState) -> None:
    stop_generations(Generation.objects.select_related("current_run"))

    assert stop_generations(Generation.objects.select_related("current_run")) == 0


def test_the_text_of_a_lost_worker_is_kept(state: RunState, topic: str) -> None:
    generation = state.generations[0]
    claim = claim_generation(generation.pk)
    assert claim is not None
    Generation.objects.filter(pk=generation.pk).update(text="from the checkpoint")
    for offset, text in ((0, "from the checkpoint"), (19, " and beyond")):
        entry = Payload(run=state.run.pk, index=0, kind="text", text=text, offset=offset, t=0.1)
        event_log.append(thread_client(), topic, entry, claim.writer)
    expire(generation)

    reaper.reap(observed_for=0)

    generation.refresh_from_db()
    assert generation.status == Status.INTERRUPTED
    assert generation.text == "from the checkpoint and beyond"
    assert generation.retryable
    late = Payload(run=state.run.pk, index=0, kind="text", text="!", offset=30, t=0.2)
    assert event_log.append(thread_client(), topic, late, claim.writer) is None
    assert end_generation(generation.pk, completed(), lease=claim.lease) is None


def test_a_generation_that_was_lost_without_text_runs_again(state: RunState) -> None:
    generation = state.generations[0]
    first = claim_generation(generation.pk)
    assert first is not None
    expire(generation)

    reaper.reap(observed_for=0)
    second = claim_generation(generation.pk)

    assert second is not None
    assert second.lease != first.lease
    assert end_generation(generation.pk, completed(), lease=first.lease) is None


def test_a_generation_that_keeps_killing_its_workers_is_given_up(state: RunState) -> None:
    generation = state.generations[0]
    for _ in range(reaper.MAX_DELIVERIES):
        assert claim_generation(generation.pk) is not None
        expire(generation)
        reaper.reap(observed_for=0)

    generation.refresh_from_db()
    assert generation.status == Status.INTERRUPTED


def test_a_lease_that_lapsed_unobserved_may_still_be_renewed(state: RunState) -> None:
    claim = claim_generation(state.generations[0].pk)
    assert claim is not None
    expire(state.generations[0])

    assert reaper.reap() == 0

    assert end_generation(claim.generation_id, completed(), lease=claim.lease) is not None


def test_a_generation_with_a_renewed_lease_is_not_reaped(state: RunState) -> None:
    claim = claim_generation(state.generations[0].pk)
    assert claim is not None
    expire(state.generations[0])

    renewed = save_checkpoint(leases=[claim.lease], changed={})
    reaper.reap(observed_for=0)

    assert renewed.leases == {claim.lease}
    assert Generation.objects.get(pk=claim.generation_id).status == Status.STREAMING


def test_a_lost_task_is_sent_again(state: RunState) -> None:
    long_ago = timezone.now() - reaper.LOST_TASK_AFTER - timedelta(seconds=1)
    Generation.objects.filter(pk=state.generations[0].pk).update(queued_at=long_ago)

    assert reaper.reap(observed_for=0) == 1
    assert reaper.reap(observed_for=0) == 0


def test_a_claim_is_handed_back_unless_it_was_stopped(state: RunState) -> None:
    running, stopped = (claim_generation(generation.pk) for generation in state.generations)
    assert running is not None
    assert stopped is not None
    Generation.objects.filter(pk=stopped.generation_id).update(stop_requested=True)

    assert requeue_claim(running)
    assert not requeue_claim(stopped)


def test_a_retry_is_a_run_of_one_and_keeps_the_earlier_attempt(state: RunState, topic: str) -> None:
    generation = state.generations[0]
    claim = claim_generation(generation.pk)
    assert claim is not None
    error = ProviderError(ErrorCode.STREAM_CUT, "OpenAI broke off. Try again.", retryable=True)
    append_now(end_generation(generation.pk, Outcome(Status.FAILED, text="Hal", error=error), lease=claim.lease))
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


@pytest.mark.parametrize("status", [Status.QUEUED, Status.STREAMING, Status.COMPLETED])
def test_only_an_incomplete_answer_can_be_retried(state: RunState, topic: str, status: str) -> None:
    generation = state.generations[0]
    Generation.objects.filter(pk=generation.pk).update(status=status)

    with pytest.raises(Conflict):
        retry_generation(generation=generation, topic=topic, request=Request("demo-swift", ()))

    assert Run.objects.count() == 1


def test_an_append_by_a_replaced_writer_returns_none(topic: str) -> None:
    entry = Payload(run=1, index=0, kind="end")
    event_log.append(thread_client(), topic, entry, Writer(1, "ended", takes=True))

    assert event_log.append(thread_client(), topic, entry, Writer(1, "late")) is None
