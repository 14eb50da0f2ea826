"""Services that start, retry, stop and copy generations.

Every change of state is a filtered UPDATE; its row count decides which of several processes has made it. Entries for
readers are appended to the topic's log after the commit.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

import redis
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Model
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import User
from core.errors import Conflict
from core.redis_clients import thread_client
from core.row_copies import copy_rows, random_uuid
from core.statements import insert
from generations.limits.admission import Admission, GenerationRequest, admit
from generations.log.event_log import EntryId, NewEntry, Payload, append, entry_ids, epoch_of, waiting_entry
from generations.models import Generation, Run
from generations.selectors import RunState, streaming_claims
from generations.stored_request import encode_parameters, encode_request
from generations.worker import control
from generations.worker.finalize import announce_end, end_generation
from generations.worker.releases import release
from generations.worker.types import Outcome
from providers.adapters.base import Request

logger = logging.getLogger(__name__)

MAX_ATTEMPTS, MAX_PAST_ATTEMPTS = 1_000, 100
"""The attempts that an answer may have, and those of which the text is kept."""
"""Rows in one statement."""


def new_run(
    *, user: User, topic: str, requests: Sequence[GenerationRequest], on_complete: str = "", batch: bool = False
) -> RunState:
    """Admit these requests, and return a run with a queued generation for each, in their order.

    Nothing is saved yet, but the run has its key; pass it to ``start`` in the same transaction. ``on_complete`` is
    called once the run is closed. ``batch`` marks work that nobody waits for. Raises TooManyRequests and OverBudget if
    not all of them can be admitted.
    """
    key, admissions = admit(user, requests, batch=batch)
    run = Run(key, topic=topic, user=user, total=len(requests), open=len(requests), on_complete=on_complete)
    generations = [
        Generation(
            user=user,
            run=run,
            current_run=run,
            index=index,
            provider=each.provider,
            model=each.request.model,
            parameters=encode_parameters(each.request.parameters),
            request=encode_request(each.request),
            fallback=each.fallback,
            **_admission_fields(admission),
        )
        for index, (each, admission) in enumerate(zip(requests, admissions, strict=True))
    ]
    return RunState(run, generations)


def start(state: RunState, *more_rows: Sequence[Model], new_topic: bool = False) -> None:
    """Save a new run, and enqueue its generations once the transaction is committed.

    ``more_rows`` are other new objects, which may refer to the generations: groups as ``core.statements.insert`` takes
    them. ``new_topic`` says that nobody can follow the topic yet, so that the log need not report the start.
    """
    insert([state.run], state.generations, *more_rows)
    transaction.on_commit(lambda: _announce(state, in_log=not new_topic))


def start_run(*, new_topic: bool = False, **options: Any) -> RunState:
    """Create a run by ``new_run``, and start it; call it in a transaction."""
    state = new_run(**options)
    start(state, new_topic=new_topic)
    return state


def _admission_fields(admission: Admission) -> dict[str, Any]:
    return {
        "key_source": admission.key_source,
        "priority": admission.priority,
        "held_back": admission.held_back,
        "reserved_tokens": admission.reserved.tokens,
        "reserved_cost": admission.reserved.cost,
    }


def retry_generation(*, generation: Generation, topic: str, request: Request) -> RunState:
    """Retry an answer that did not complete: the same generation gets one more attempt, in a run of its own.

    Raises Conflict if it is open, has completed or was retried too often, TooManyRequests and OverBudget as
    ``start_run`` does. The latest attempts are kept in ``past_attempts``.
    """
    if generation.attempt >= MAX_ATTEMPTS:
        raise Conflict(f"This answer has been retried {MAX_ATTEMPTS:,} times. Send the prompt again instead.")
    with transaction.atomic():
        key, (admission,) = admit(generation.user, [GenerationRequest(generation.provider, request)])
        run = Run.objects.create(pk=key, topic=topic, user=generation.user, total=1, open=1)
        fields = Generation._meta.fields
        blank = {field.name: field.get_default() for field in fields if field.name in Generation.RESULT}
        updated = (
            Generation.objects.filter(pk=generation.pk, attempt=generation.attempt)
            .exclude(status__in=[*Generation.OPEN, Generation.Status.COMPLETED])
            .update(
                **blank,
                **_admission_fields(admission),
                status=Generation.Status.QUEUED,
                current_run=run,
                attempt=F("attempt") + 1,
                request=encode_request(request),
                past_attempts=_latest([*generation.past_attempts, _summary(generation)]),
                stop_requested=False,
                delivery_count=0,
                unanswered=0,
                queued_at=timezone.now(),
            )
        )
        if not updated:
            raise Conflict("Only an answer that failed, was stopped or was interrupted can be retried.")
        generation.refresh_from_db()
        state = RunState(run, [generation])
        transaction.on_commit(lambda: _announce(state, in_log=True))
    return state


def _latest(attempts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the latest attempts: as many as have the texts of one answer, and at least the last one."""
    lengths = accumulate(len(each["text"]) for each in reversed(attempts))
    count = sum(length <= settings.MAX_ANSWER_CHARACTERS for length in lengths)
    return list(attempts[-min(max(count, 1), MAX_PAST_ATTEMPTS) :])


def _summary(generation: Generation) -> dict[str, Any]:
    return {
        "attempt": generation.attempt,
        "status": generation.status,
        "error_code": generation.error_code,
        "text": generation.text,
        "input_tokens": generation.input_tokens,
        "output_tokens": generation.output_tokens,
        "cost": None if generation.cost is None else str(generation.cost),
        "ended_at": None if generation.ended_at is None else generation.ended_at.isoformat(),
    }


def _announce(state: RunState, *, in_log: bool) -> None:
    """Append the run's start to the log, if somebody may follow that, and enqueue the run.

    If Redis has become unavailable since the admission, the reaper wakes the workers later.
    """
    run, held_back = state.run, [each for each in state.generations if each.held_back]
    if not in_log:
        # The worker begins the log of a new topic, with this epoch.
        state.start_id = EntryId(epoch_of(run), 0)
    try:
        if in_log or held_back:
            start: Payload = {"run": run.pk, "kind": "start"}
            entries = [NewEntry(run.topic, start), *map(waiting_entry, held_back)]
            state.start_id, *_ = entry_ids(append(thread_client(), entries))
        if len(held_back) < len(state.generations):
            control.enqueue(run)
    except (redis.RedisError, OperationalError) as error:
        logger.error("the task of %s cannot be sent now; the reaper will wake the workers: %s", run, error)
    if held_back:
        # An answer may have ended before this run was committed, so that its end did not release any of it.
        release(run.user)


def stop_generations(generations: Iterable[Generation]) -> int:
    """Stop the generations among these that are open; return the number of generations that were stopped.

    A queued generation ends at once. A streaming one is canceled by its worker, which then saves its partial text.
    """
    streaming = []
    stopped = 0
    for generation in generations:
        outcome = Outcome(Generation.Status.STOPPED, time=generation.current_run.elapsed)
        queued = generation.status == Generation.Status.QUEUED
        saved = end_generation(generation, outcome) if queued else None
        if saved is not None:
            announce_end(saved)
            stopped += 1
        else:
            streaming.append(generation.pk)
    flagged = Generation.objects.filter(pk__in=streaming, status=Generation.Status.STREAMING)
    stopped_now = flagged.update(stop_requested=True)
    if stopped_now:
        claims = streaming_claims(flagged)
        control.send_stop(claims)
        stopped += len(claims)
    if len(streaming) > stopped_now:
        # Some may have gone back to the queue meanwhile.
        queued_again = Generation.objects.filter(pk__in=streaming, status=Generation.Status.QUEUED)
        stopped += stop_generations(queued_again.select_related("current_run", "user"))
    return stopped


def copy_generations(*, user: User, keys: Sequence[int]) -> Run:
    """Copy ended answers, in the same order, into an ended run without a log, and return it; call it in a transaction.

    A copy has no key source, because its cost has been paid once already.
    """
    now = timezone.now()
    run = Run.objects.create(topic=f"copy.{uuid.uuid4().hex}", user=user, total=len(keys), open=0, ended_at=now)
    changed = {
        "public_id": random_uuid(),
        "user_id": str(user.pk),
        "run_id": str(run.pk),
        "current_run_id": str(run.pk),
        "index": "place.number",
        "key_source": "''",
        "worker": "''",
        "lease": "NULL",
        "created_at": "%s",
    }
    created_at = Generation._meta.get_field("created_at").get_db_prep_save(now, connection)
    copy_rows(Generation, "id", [(key,) for key in keys], changed, created_at)
    return run
