"""Reaper: ends or requeues generations whose worker died, and enqueues again those whose task was lost.

One loop in every process runs it, web processes included, since there may be no worker left to do it.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from datetime import datetime, timedelta

import redis
from django.utils import timezone

from core.async_db import in_thread
from core.redis_clients import thread_client
from generations.limits.queue import enqueue
from generations.log import event_log
from generations.log.lease import LEASE
from generations.models import Generation
from generations.worker.finalize import append_now, end_generation
from generations.worker.leases import requeue, take_expired
from generations.worker.types import Outcome

logger = logging.getLogger(__name__)

INTERVAL = 3.0
"""Seconds between two rounds of a process."""
LOST_TASK_AFTER = timedelta(seconds=30)
"""The time that a generation waits in the queue before its task is sent again."""
MAX_DELIVERIES = 3
"""Claims after which a generation without any text is given up, since it may be the cause of its workers' death."""
WATCHED_AFTER = timedelta(seconds=3)
"""The time after its last renewal from which a claim is watched."""
OBSERVED_FOR = 2.5
"""Seconds for which this process has to have seen a claim without renewal before it takes it. After a database outage
as long as a lease, every lease has lapsed although the workers live and are about to renew them."""

_unrenewed: dict[tuple[uuid.UUID, datetime], float] = {}
"""The claims that are watched, by lease and expiry, and when this process first saw them like that."""


async def reap_forever() -> None:
    """Run a round every ``INTERVAL`` seconds; a round that fails is logged, and the next one tries again."""
    while True:
        try:
            if count := await in_thread(reap):
                logger.warning("recovered %d generations whose worker or task was lost", count)
        except Exception as error:
            logger.warning("lost generations cannot be recovered now: %r", error)
        await asyncio.sleep(INTERVAL)


def reap(observed_for: float = OBSERVED_FOR) -> int:
    """End or requeue generations whose worker is lost, and enqueue those whose task is; return their number.

    It is safe to call in any process at any time, because filtered updates decide which one acts.
    """
    now = timezone.now()
    expired = Generation.objects.filter(lease__in=_lost_leases(observed_for), status=Generation.Status.STREAMING)
    count = sum(_recover(generation) for generation in expired.select_related("current_run"))
    overdue = Generation.objects.filter(status=Generation.Status.QUEUED, queued_at__lt=now - LOST_TASK_AFTER)
    for generation in overdue.only("queued_at", "priority"):
        if Generation.objects.filter(pk=generation.pk, queued_at=generation.queued_at).update(queued_at=now):
            enqueue(generation)
            count += 1
    return count


def _lost_leases(observed_for: float) -> list[uuid.UUID]:
    """Return the leases that have lapsed and that were watched for long enough."""
    global _unrenewed
    now, seen = timezone.now(), time.monotonic()
    streaming = Generation.objects.filter(
        status=Generation.Status.STREAMING, lease_until__lt=now + LEASE - WATCHED_AFTER
    )
    watched = streaming.values_list("lease", "lease_until")
    _unrenewed = {(lease, until): _unrenewed.get((lease, until), seen) for lease, until in watched if lease and until}
    return [lease for (lease, until), since in _unrenewed.items() if until < now and seen - since >= observed_for]


def _recover(generation: Generation) -> bool:
    if not take_expired(generation):
        return False
    text, reasoning = _last_known(generation)
    silent = not text and not reasoning
    if silent and generation.delivery_count < MAX_DELIVERIES and not generation.stop_requested:
        return requeue(generation)
    status = Generation.Status.STOPPED if generation.stop_requested else Generation.Status.INTERRUPTED
    outcome = Outcome(status=status, text=text, reasoning=reasoning, time=generation.current_run.elapsed)
    pending = end_generation(generation.pk, outcome, lease=generation.lease)
    append_now(pending)
    return pending is not None


def _last_known(generation: Generation) -> tuple[str, str]:
    """Return the longest text and reasoning known: the last checkpoint's, continued by what the log has beyond it."""
    known = {"text": generation.text, "reasoning": generation.reasoning}
    try:
        log = event_log.read_now(thread_client(), generation.current_run.topic)
    except redis.RedisError:
        return generation.text, generation.reasoning
    for entry in log.entries:
        data = entry.data
        if data["run"] != generation.current_run_id or data.get("index") != generation.index:
            continue
        if data["kind"] == "reset":
            known = {channel: max(known[channel], data[channel], key=len) for channel in known}
        elif data["kind"] in known:
            channel, offset = data["kind"], data["offset"]
            if offset <= len(known[channel]) < offset + len(data["text"]):
                known[channel] = known[channel][:offset] + data["text"]
    return known["text"], known["reasoning"]
