"""A worker's hold on a generation: claimed for a while, renewed with each checkpoint, handed back where nothing was
said."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import redis
from django.db.models import Case, F, TextField, Value, When
from django.utils import timezone

from accounts.errors import NotFound
from generations import event_log
from generations.answering import Claim, Outcome
from generations.connections import thread_client
from generations.ending import end_generation, tell
from generations.event_log import Writer
from generations.loading import loaded_images
from generations.models import Generation
from generations.services import send_task
from providers.adapters.base import ErrorCode, Message, Parameters, ProviderError, Request
from providers.selectors import resolve_target
from providers.services import note_first_use

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=10)
"""How long a claim holds without being renewed; a killed worker's generations are rescued after it."""


def claim_generation(generation_id: int) -> Claim | None:
    """Take a queued generation for this worker; None where it is not to be answered (any more).

    One whose provider cannot be asked ends here, as failed.
    """
    lease = uuid.uuid4()
    claimed = Generation.objects.filter(pk=generation_id, status=Generation.Status.QUEUED).update(
        status=Generation.Status.STREAMING,
        lease=lease,
        lease_until=timezone.now() + LEASE,
        deliveries=F("deliveries") + 1,
    )
    if not claimed:
        return None
    generation = Generation.objects.select_related("current_run", "user").get(pk=generation_id)
    try:
        return _claim(generation, lease)
    except (ProviderError, NotFound) as refusal:
        error = refusal if isinstance(refusal, ProviderError) else _gone(refusal)
        waited = (timezone.now() - generation.current_run.accepted_at).total_seconds()
        outcome = Outcome(status=Generation.Status.FAILED, error=error, time=waited)
        tell(end_generation(generation_id, outcome, lease=lease))
        return None


def _gone(refusal: NotFound) -> ProviderError:
    """The provider was taken away after it had been chosen."""
    return ProviderError(ErrorCode.MODEL_NOT_FOUND, refusal.message)


def _claim(generation: Generation, lease: uuid.UUID) -> Claim:
    resolved = resolve_target(generation.user, generation.provider)
    note_first_use(user=generation.user, provider=generation.provider, resolved=resolved)
    Generation.objects.filter(pk=generation.pk, lease=lease).update(key_source=resolved.key_source or "")
    claim = Claim(
        generation_id=generation.pk,
        run_id=generation.current_run_id,
        topic=generation.current_run.topic,
        index=generation.index,
        lease=lease,
        accepted_at=generation.current_run.accepted_at,
        provider=generation.provider,
        adapter=resolved.adapter,
        target=resolved.target,
        request=_request(generation),
    )
    _take_over_log(claim.topic, claim.writer)
    return claim


def _take_over_log(topic: str, writer: Writer) -> None:
    try:
        event_log.take_over(thread_client(), topic, writer)
    except redis.RedisError as error:
        logger.warning("the log of %s cannot be taken over now: %s", topic, error)


def _request(generation: Generation) -> Request:
    stored = generation.request or {"system": "", "messages": []}
    parameters = {**generation.parameters, "stop": tuple(generation.parameters.get("stop", ()))}
    named = {name for message in stored["messages"] for name in message.get("images", ())}
    images = loaded_images(generation.user, named)
    messages = (
        Message(message["role"], message["text"], tuple(images[name] for name in message.get("images", ())))
        for message in stored["messages"]
    )
    return Request(generation.model, tuple(messages), stored["system"], Parameters(**parameters))


@dataclass(frozen=True, slots=True)
class Held:
    """Which claims a checkpoint found still held, and which of these are to be stopped."""

    leases: set[uuid.UUID]
    stops: set[uuid.UUID]


@dataclass(frozen=True, slots=True)
class Texts:
    """What an answer has said at one moment."""

    text: str
    reasoning: str


def save_checkpoint(*, leases: Sequence[uuid.UUID], changed: Mapping[uuid.UUID, Texts]) -> Held:
    """Renew all of a worker's leases and save the texts that grew, in one statement each."""
    mine = Generation.objects.filter(lease__in=leases, status=Generation.Status.STREAMING)
    mine.update(lease_until=timezone.now() + LEASE)
    if changed:
        mine.filter(lease__in=list(changed)).update(
            text=_by_lease({lease: texts.text for lease, texts in changed.items()}),
            reasoning=_by_lease({lease: texts.reasoning for lease, texts in changed.items()}),
        )
    rows = dict(mine.values_list("lease", "stop_requested"))
    return Held(
        {lease for lease in rows if lease is not None}, {lease for lease, stop in rows.items() if stop and lease}
    )


def _by_lease(texts: dict[uuid.UUID, str]) -> Case:
    return Case(*(When(lease=lease, then=Value(text)) for lease, text in texts.items()), output_field=TextField())


def take_expired(generation: Generation) -> bool:
    """Take a generation, with its ``current_run``, from a holder that did not renew its lease: from then on neither its
    checkpoints nor its entries count. False where it was renewed, or somebody else was quicker."""
    now, lease = timezone.now(), uuid.uuid4()
    held = Generation.objects.filter(pk=generation.pk, status=Generation.Status.STREAMING, lease=generation.lease)
    if not held.filter(lease_until__lt=now).update(lease=lease, lease_until=now + LEASE):
        return False
    _take_over_log(generation.current_run.topic, Writer(generation.pk, str(lease)))
    generation.refresh_from_db(fields=["lease", "text", "reasoning", "stop_requested"])
    return True


def requeue_claim(claim: Claim) -> bool:
    """Hand back a generation of which nothing was said, so that another worker answers it."""
    generation = Generation.objects.filter(pk=claim.generation_id, lease=claim.lease).first()
    return generation is not None and not generation.stop_requested and requeue(generation)


def requeue(generation: Generation) -> bool:
    updated = Generation.objects.filter(
        pk=generation.pk, lease=generation.lease, status=Generation.Status.STREAMING, stop_requested=False
    ).update(status=Generation.Status.QUEUED, lease=None, lease_until=None, queued_at=timezone.now())
    if updated:
        send_task(generation.pk)
    return bool(updated)
