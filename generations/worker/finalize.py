"""Saving how a generation ended, and telling it: once, whoever comes first."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass

import redis
from celery import current_app
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from kombu.exceptions import OperationalError

from core.redis_clients import thread_client
from generations import tokens
from generations.limits.budgets import settle
from generations.limits.queue import ring_next
from generations.log import event_log
from generations.log.event_log import Payload, Writer
from generations.models import Generation, Run
from generations.worker.attempt import Outcome
from providers.adapters.base import ErrorCode, ProviderError

logger = logging.getLogger(__name__)

INTERRUPTED = "The answer was interrupted on our side. What had arrived is kept; retry it for a whole one."
STOPPED = "Stopped."


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be appended to a topic's log now that it is saved."""

    topic: str
    entries: list[tuple[Payload, Writer | None]]


def end_generation(generation_id: int, outcome: Outcome, *, lease: uuid.UUID | None) -> Told | None:
    """Save how a generation ended and close its run where it was the last, in one transaction.

    ``lease`` is the claim under which it was answered, None for one that nobody had claimed. Returns what to append
    to the log, or None where somebody else has ended it (or claimed it anew) meanwhile.
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
        settle(generation)
        done = _close_slot(generation.current_run_id)
    if lease is not None:
        ring_next(generation)
    if outcome.error is not None:
        logger.warning("%s of generation %s: %s", outcome.error.code, generation_id, outcome.error.detail)
    writer = Writer(generation_id, f"ended:{generation.attempt}:{uuid.uuid4().hex}", takes=True)
    run, run_id = generation.current_run, generation.current_run_id
    entries: list[tuple[Payload, Writer | None]] = [({"run": run_id, "index": generation.index, "kind": "end"}, writer)]
    if done:
        entries.append(({"run": run_id, "kind": "done"}, None))
        _go_on(run)
    return Told(run.topic, entries)


def _go_on(run: Run) -> None:
    if run.then:
        try:
            current_app.send_task(run.then, args=[run.pk], retry=False)
        except (redis.RedisError, OperationalError) as error:
            logger.warning("%s of %s could not be sent: %s", run.then, run, error)


def tell(told: Told | None) -> None:
    """Append an end to the log from a thread; a reader whom it does not reach finds the end in the database."""
    if told is not None:
        try:
            event_log.append_all(thread_client(), told.topic, told.entries)
        except redis.RedisError as error:
            logger.warning("an end in %s could not be told: %s", told.topic, error)


def _close_slot(run_id: int) -> bool:
    """Count one open generation less; True where it was the last."""
    Run.objects.filter(pk=run_id).update(open=F("open") - 1)
    return bool(Run.objects.filter(pk=run_id, open=0, ended_at=None).update(ended_at=timezone.now()))


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
    tokens.fill_usage(generation, outcome.usage)
    generation.request = None
    generation.lease = generation.lease_until = None
    generation.ended_at = timezone.now()
