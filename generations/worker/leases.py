"""Leases: renewed with each checkpoint, handed back, or taken over by another process after they have lapsed."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence

import redis
from django.db.models import Case, TextField, Value, When
from django.utils import timezone

from core.redis_clients import thread_client
from generations.limits.queue import enqueue
from generations.log import event_log
from generations.log.event_log import Writer
from generations.log.lease import LEASE
from generations.models import Generation
from generations.worker.types import Claim, RenewedLeases, Snapshot

logger = logging.getLogger(__name__)


def save_checkpoint(*, leases: Sequence[uuid.UUID], changed: Mapping[uuid.UUID, Snapshot]) -> RenewedLeases:
    """Renew all of a worker's leases and save the texts that grew, in one statement each."""
    claimed = Generation.objects.filter(lease__in=leases, status=Generation.Status.STREAMING)
    claimed.update(lease_until=timezone.now() + LEASE)
    if changed:
        claimed.filter(lease__in=list(changed)).update(
            text=_by_lease({lease: snapshot.text for lease, snapshot in changed.items()}),
            reasoning=_by_lease({lease: snapshot.reasoning for lease, snapshot in changed.items()}),
        )
    rows = dict(claimed.values_list("lease", "stop_requested"))
    return RenewedLeases(
        {lease for lease in rows if lease is not None}, {lease for lease, stop in rows.items() if stop and lease}
    )


def _by_lease(texts: dict[uuid.UUID, str]) -> Case:
    return Case(*(When(lease=lease, then=Value(text)) for lease, text in texts.items()), output_field=TextField())


def take_expired(generation: Generation) -> bool:
    """Take a generation, with its ``current_run``, from a worker that did not renew its lease.

    From then on that worker's checkpoints change nothing, and its log entries are refused. Return False if the lease
    was renewed, or if another process was quicker.
    """
    now, lease = timezone.now(), uuid.uuid4()
    held = Generation.objects.filter(pk=generation.pk, status=Generation.Status.STREAMING, lease=generation.lease)
    if not held.filter(lease_until__lt=now).update(lease=lease, lease_until=now + LEASE):
        return False
    take_over_log(generation.current_run.topic, Writer(generation.pk, str(lease)))
    generation.refresh_from_db(fields=["lease", "text", "reasoning", "stop_requested"])
    return True


def take_over_log(topic: str, writer: Writer) -> None:
    """Refuse earlier writers' entries from now on, if Redis is available."""
    try:
        event_log.take_over(thread_client(), topic, writer)
    except redis.RedisError as error:
        logger.warning("the log of %s cannot be taken over now: %s", topic, error)


def requeue_claim(claim: Claim) -> bool:
    """Hand back a generation that has no text yet, so that another worker answers it.

    Return False if it was stopped or taken meanwhile.
    """
    generation = Generation.objects.filter(pk=claim.generation_id, lease=claim.lease).first()
    return generation is not None and not generation.stop_requested and requeue(generation)


def requeue(generation: Generation) -> bool:
    """Put a generation back into the queue; return False if its lease has changed, or it is to be stopped."""
    updated = Generation.objects.filter(
        pk=generation.pk, lease=generation.lease, status=Generation.Status.STREAMING, stop_requested=False
    ).update(status=Generation.Status.QUEUED, held_back=False, lease=None, lease_until=None, queued_at=timezone.now())
    if updated:
        enqueue(generation)
    return bool(updated)
