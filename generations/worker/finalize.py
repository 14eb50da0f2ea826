"""The end of a generation: saved once, by the first process to do so, and then appended to the log."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime

import redis
from celery import current_app
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from kombu.exceptions import OperationalError

from core.redis_clients import thread_client
from generations.limits.answer_usage import fill_usage
from generations.limits.budgets import count_usage
from generations.limits.queue import enqueue_next
from generations.log import event_log
from generations.log.event_log import Payload, Writer
from generations.models import Generation, Run
from generations.worker.types import Outcome
from providers.adapters.base import ErrorCode, ProviderError

logger = logging.getLogger(__name__)

INTERRUPTED = "The answer was interrupted on our side. The text that had arrived is kept; retry to get all of it."
STOPPED = "Stopped."


@dataclass(frozen=True, slots=True)
class PendingEntries:
    """Log entries of a topic, to be appended after the commit of the change that they report."""

    topic: str
    entries: list[tuple[Payload, Writer | None]]


def end_generation(generation_id: int, outcome: Outcome, *, lease: uuid.UUID | None) -> PendingEntries | None:
    """Save how a generation ended and close its run if it was the last one open, in one transaction.

    ``lease`` is the claim under which it was answered, None if it was still queued. Return the entries to append to the
    log, or None if another process has ended it, or claimed it again, meanwhile.
    """
    status = Generation.Status.QUEUED if lease is None else Generation.Status.STREAMING
    with transaction.atomic():
        generation = (
            Generation.objects.select_for_update(of=("self",))
            .select_related("current_run")
            .filter(pk=generation_id, status=status, lease=lease)
            .first()
        )
        if generation is None:
            return None
        _fill(generation, outcome)
        generation.save()
        count_usage(generation)
        closed_at = _close_slot(generation.current_run_id)
    if lease is not None:
        enqueue_next(generation)
    if outcome.error is not None:
        logger.warning("%s of generation %s: %s", outcome.error.code, generation_id, outcome.error.detail)
    writer = Writer(generation_id, f"ended:{generation.attempt}:{uuid.uuid4().hex}", takes=True)
    run, run_id = generation.current_run, generation.current_run_id
    entries: list[tuple[Payload, Writer | None]] = [({"run": run_id, "index": generation.index, "kind": "end"}, writer)]
    if closed_at is not None:
        entries.append(({"run": run_id, "kind": "done", "at": closed_at.isoformat()}, None))
        _send_on_complete_task(run)
    return PendingEntries(run.topic, entries)


def append_now(pending: PendingEntries | None) -> None:
    """Append entries from a thread; a reader that does not receive them finds the end in the database."""
    if pending is not None:
        try:
            event_log.append_all(thread_client(), pending.topic, pending.entries)
        except redis.RedisError as error:
            logger.warning("an end could not be appended to the log of %s: %s", pending.topic, error)


def _send_on_complete_task(run: Run) -> None:
    if run.on_complete_task:
        try:
            current_app.send_task(run.on_complete_task, args=[run.pk], retry=False)
        except (redis.RedisError, OperationalError) as error:
            logger.warning("%s of %s could not be sent: %s", run.on_complete_task, run, error)


def _close_slot(run_id: int) -> datetime | None:
    """Decrease the run's count of open generations; close the run and return that time if this was the last one."""
    now = timezone.now()
    Run.objects.filter(pk=run_id).update(open=F("open") - 1)
    return now if Run.objects.filter(pk=run_id, open=0, ended_at=None).update(ended_at=now) else None


def _fill(generation: Generation, outcome: Outcome) -> None:
    error = outcome.error
    if outcome.status == Generation.Status.STOPPED:
        error = ProviderError(ErrorCode.STOPPED, STOPPED, retryable=True)
    elif outcome.status == Generation.Status.INTERRUPTED:
        error = ProviderError(ErrorCode.INTERRUPTED, INTERRUPTED, retryable=True)
    generation.status = outcome.status
    generation.text, generation.reasoning = outcome.text, outcome.reasoning
    generation.timeline = outcome.timeline
    generation.time, generation.ttft = outcome.time, outcome.ttft
    generation.finish_reason, generation.answered_by = outcome.finish_reason, outcome.answered_by
    if error is not None:
        generation.error_code, generation.error, generation.retryable = error.code, error.message, error.retryable
    fill_usage(generation, outcome.usage)
    generation.request = None
    generation.lease = generation.lease_until = None
    generation.ended_at = timezone.now()
