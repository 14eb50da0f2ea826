"""Starting, retrying and stopping generations.

Every change of state is a filtered UPDATE whose row count says who won; what a reader has to hear of it is appended
to the topic's log once it is committed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import redis
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import User
from core.errors import Conflict
from core.redis_clients import thread_client
from generations.limits.admission import Admission, Ask, admit
from generations.limits.queue import ring
from generations.log import event_log
from generations.log.event_log import EntryId
from generations.models import Generation, Run
from generations.selectors import RunState
from generations.worker import control
from generations.worker.attempt import Outcome
from generations.worker.finalize import end_generation, tell
from providers.adapters.base import Message, Parameters, Request

logger = logging.getLogger(__name__)


def start_run(*, user: User, topic: str, asks: Sequence[Ask], then: str = "", batch: bool = False) -> RunState:
    """Create a run with one queued generation for each ask, in their order; call it within the caller's transaction.

    The tasks are sent once that transaction is committed, the one that ``then`` names once the run is closed. Nobody
    waits for ``batch`` work. Raises TooManyRequests and OverBudget where there is no room for all of them.
    """
    admissions = admit(user, asks, batch=batch)
    run = Run.objects.create(topic=topic, user=user, total=len(asks), open=len(asks), then=then)
    generations = Generation.objects.bulk_create(
        Generation(
            user=user,
            run=run,
            current_run=run,
            index=index,
            provider=ask.provider,
            model=ask.request.model,
            parameters=stored_parameters(ask.request.parameters),
            request=stored_request(ask.request),
            fallback=ask.fallback,
            **_admitted(admission),
        )
        for index, (ask, admission) in enumerate(zip(asks, admissions, strict=True))
    )
    transaction.on_commit(lambda: _enqueue(run, generations))
    return RunState(run, generations)


def _admitted(admission: Admission) -> dict[str, Any]:
    return {
        "key_source": admission.key_source,
        "priority": admission.priority,
        "reserved_tokens": admission.reserved.tokens,
        "reserved_cost": admission.reserved.cost,
    }


def retry_generation(*, generation: Generation, topic: str, request: Request) -> RunState:
    """Ask again for a slot that did not complete: the same generation, one attempt more, in a run of one.

    Raises Conflict where it is still running or has completed, TooManyRequests and OverBudget as a start does. The
    earlier attempt is kept in ``past_attempts``.
    """
    with transaction.atomic():
        (admission,) = admit(generation.user, [Ask(generation.provider, request)])
        run = Run.objects.create(topic=topic, user=generation.user, total=1, open=1)
        fields = Generation._meta.fields
        fresh = {field.name: field.get_default() for field in fields if field.name in Generation.RESULT}
        updated = (
            Generation.objects.filter(pk=generation.pk, attempt=generation.attempt)
            .exclude(status__in=[*Generation.OPEN, Generation.Status.COMPLETED])
            .update(
                **fresh,
                **_admitted(admission),
                status=Generation.Status.QUEUED,
                current_run=run,
                attempt=F("attempt") + 1,
                request=stored_request(request),
                past_attempts=[*generation.past_attempts, _summary(generation)],
                stop_requested=False,
                deliveries=0,
                queued_at=timezone.now(),
            )
        )
        if not updated:
            raise Conflict("Only an answer that failed, was stopped or was interrupted can be retried.")
        generation.refresh_from_db()
        transaction.on_commit(lambda: _enqueue(run, [generation]))
    return RunState(run, [generation])


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


def _enqueue(run: Run, generations: Iterable[Generation]) -> None:
    """Announce the run and send its tasks; where Redis has just gone away, ``rescue`` sends them later."""
    try:
        epoch, seq = event_log.append(thread_client(), run.topic, {"run": run.pk, "kind": "start"})
        run.start_id = EntryId(int(epoch), int(seq))
        for generation in generations:
            ring(generation)
    except (redis.RedisError, OperationalError) as error:
        logger.error("the tasks of %s wait to be sent again: %s", run, error)


def stored_parameters(parameters: Parameters) -> dict[str, Any]:
    """Parameters as JSON, without those that were left to the provider."""
    return {name: value for name, value in asdict(parameters).items() if value not in (None, ())}


def stored_request(request: Request) -> dict[str, Any]:
    """A request as JSON; of images only the ids."""
    return {"system": request.system, "messages": [_stored_message(message) for message in request.messages]}


def _stored_message(message: Message) -> dict[str, Any]:
    stored: dict[str, Any] = {"role": message.role, "text": message.text}
    return stored | {"images": [image.id for image in message.images]} if message.images else stored


def stop_generations(generations: Iterable[Generation]) -> int:
    """Stop all of these that still run and say how many that were.

    One that waits ends here and now; one that streams is cut off by its worker, which then saves its partial text.
    """
    streaming = []
    stopped = 0
    for generation in generations:
        waited = (timezone.now() - generation.current_run.accepted_at).total_seconds()
        told = end_generation(generation.pk, Outcome(Generation.Status.STOPPED, time=waited), lease=None)
        if told is not None:
            tell(told)
            stopped += 1
        else:
            streaming.append(generation.pk)
    flagged = Generation.objects.filter(pk__in=streaming, status=Generation.Status.STREAMING)
    if flagged.update(stop_requested=True):
        leases = [lease for lease in flagged.values_list("lease", flat=True) if lease is not None]
        control.send_stop(leases)
        stopped += len(leases)
    return stopped
