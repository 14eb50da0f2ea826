"""Rescuing what lost its worker or its task."""

from __future__ import annotations

import logging
import time
import uuid
from datetime import datetime, timedelta

import redis
from django.utils import timezone
from kombu.exceptions import OperationalError

from core.redis_clients import thread_client
from generations.limits.queue import ring
from generations.log import event_log
from generations.models import Generation
from generations.worker.attempt import Outcome
from generations.worker.claims import LEASE, requeue, take_expired
from generations.worker.finalize import end_generation, tell

logger = logging.getLogger(__name__)

QUEUE_PATIENCE = timedelta(seconds=30)
"""How long a generation may wait in the queue before its task is sent once more."""
MAX_DELIVERIES = 3
INTERVAL = 3.0
"""Seconds between two rounds of a process."""

UNRENEWED = timedelta(seconds=3)
"""How long after its last renewal a claim begins to be watched."""
PATIENCE = 2.5
"""Seconds for which a process has to have seen a claim unrenewed before it takes it. Where the database was away for as
long as a claim holds, its worker lives and renews it as soon as it can: that is not a loss."""

_next_round = 0.0
_unrenewed: dict[tuple[uuid.UUID, datetime], float] = {}
"""The claims that are watched, by lease and end, and since when this process has seen them so."""


def rescue_sometimes() -> None:
    """A round for those who only watch, at most one in ``INTERVAL`` seconds a process: there may be no worker left to
    do it."""
    global _next_round
    now = time.monotonic()
    if now < _next_round:
        return
    _next_round = now + INTERVAL
    try:
        rescue_generations()
    except (redis.RedisError, OperationalError) as error:
        logger.warning("nothing can be rescued now: %s", error)


def rescue_generations(patience: float = PATIENCE) -> int:
    """End or re-queue what lost its worker, and send again what waits for a lost task; returns how many were touched.

    Safe to call from anywhere at any time: the filtered UPDATE decides.
    """
    now = timezone.now()
    expired = Generation.objects.filter(lease__in=_lost_leases(patience), status=Generation.Status.STREAMING)
    count = sum(_rescue(generation) for generation in expired.select_related("current_run"))
    forgotten = Generation.objects.filter(status=Generation.Status.QUEUED, queued_at__lt=now - QUEUE_PATIENCE)
    for generation in forgotten.only("queued_at", "priority"):
        if Generation.objects.filter(pk=generation.pk, queued_at=generation.queued_at).update(queued_at=now):
            ring(generation)
            count += 1
    return count


def _lost_leases(patience: float) -> list[uuid.UUID]:
    """The claims that have run out and that were watched for long enough."""
    global _unrenewed
    now, seen = timezone.now(), time.monotonic()
    streaming = Generation.objects.filter(status=Generation.Status.STREAMING, lease_until__lt=now + LEASE - UNRENEWED)
    watched = streaming.values_list("lease", "lease_until")
    _unrenewed = {(lease, until): _unrenewed.get((lease, until), seen) for lease, until in watched if lease and until}
    return [lease for (lease, until), since in _unrenewed.items() if until < now and seen - since >= patience]


def _rescue(generation: Generation) -> bool:
    if not take_expired(generation):
        return False
    text, reasoning = _last_known(generation)
    if not text and not reasoning and generation.deliveries < MAX_DELIVERIES and not generation.stop_requested:
        return requeue(generation)
    status = Generation.Status.STOPPED if generation.stop_requested else Generation.Status.INTERRUPTED
    seconds = (timezone.now() - generation.current_run.accepted_at).total_seconds()
    outcome = Outcome(status=status, text=text, reasoning=reasoning, time=seconds)
    told = end_generation(generation.pk, outcome, lease=generation.lease)
    tell(told)
    return told is not None


def _last_known(generation: Generation) -> tuple[str, str]:
    """The longest text that is known of: the last checkpoint's, or what the log tells beyond it."""
    told = {"text": generation.text, "reasoning": generation.reasoning}
    try:
        log = event_log.read_now(thread_client(), generation.current_run.topic)
    except redis.RedisError:
        return generation.text, generation.reasoning
    for entry in log.entries:
        data = entry.data
        if data["run"] != generation.current_run_id or data.get("index") != generation.index:
            continue
        if data["kind"] == "reset":
            told = {channel: max(told[channel], data[channel], key=len) for channel in told}
        elif data["kind"] in told:
            channel, offset = data["kind"], data["offset"]
            if offset <= len(told[channel]) < offset + len(data["text"]):
                told[channel] = told[channel][:offset] + data["text"]
    return told["text"], told["reasoning"]
