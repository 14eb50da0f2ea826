"""A worker's hold on a generation: claimed for a while, renewed with each checkpoint, handed back where nothing was
said."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Semaphore

import redis
from django.db import transaction
from django.db.models import Case, F, TextField, Value, When
from django.utils import timezone

from core.errors import NotFound
from core.redis_clients import thread_client
from generations.limits.admission import Ask, change_payer
from generations.limits.queue import has_place, lock_user, ring
from generations.log import event_log
from generations.log.event_log import Payload, Writer
from generations.models import Generation
from generations.stored_request import loaded_images
from generations.worker.attempt import Claim, Outcome, Substitute
from generations.worker.finalize import Told, end_generation, tell
from providers.adapters.base import ErrorCode, Message, Parameters, ProviderError, Request
from providers.capabilities import is_text_only
from providers.selectors import resolve_target, split_selection
from providers.services import note_first_use

logger = logging.getLogger(__name__)

OTHER_PAYER = "The key for {label} was changed while the answer waited. Try again to use the one that is set now."
LEASE = timedelta(seconds=10)
"""How long a claim holds without being renewed; a killed worker's generations are rescued after it."""


def claim_generation(generation_id: int, *, batch_places: Semaphore | None = None) -> Claim | None:
    """Take a queued generation for this worker; None where it is not to be answered now, or not any more.

    Where its user has no place left, or this worker none of ``batch_places``, it is held back until one is free. One
    whose provider cannot be asked ends here, as failed. For a claim of batch work the caller gives back its place.
    """
    queued = Generation.objects.filter(pk=generation_id, status=Generation.Status.QUEUED)
    generation = queued.select_related("current_run", "user").first()
    if generation is None:
        return None
    batch = generation.priority == Generation.BATCH
    if batch and batch_places is not None and not batch_places.acquire(blocking=False):
        _hold_back(generation)
        return None
    claim = None
    try:
        claim = _claim_in_turn(generation)
    finally:
        if batch and batch_places is not None and claim is None:
            batch_places.release()
    return claim


def _claim_in_turn(generation: Generation) -> Claim | None:
    lease = _take(generation)
    if lease is None and _hold_back(generation):
        # A place that was freed between the two has rung for nobody.
        lease = _take(generation)
    if lease is None:
        return None
    try:
        return _claim(generation, lease)
    except (ProviderError, NotFound) as refusal:
        error = refusal if isinstance(refusal, ProviderError) else _gone(refusal)
        waited = (timezone.now() - generation.current_run.accepted_at).total_seconds()
        outcome = Outcome(status=Generation.Status.FAILED, error=error, time=waited)
        tell(end_generation(generation.pk, outcome, lease=lease))
        return None


def _take(generation: Generation) -> uuid.UUID | None:
    """A lease, where the generation still waits and its user has a place."""
    lease = uuid.uuid4()
    with transaction.atomic():
        lock_user(generation.user)
        taken = has_place(generation.user) and Generation.objects.filter(
            pk=generation.pk, status=Generation.Status.QUEUED
        ).update(
            status=Generation.Status.STREAMING,
            held_back=False,
            lease=lease,
            lease_until=timezone.now() + LEASE,
            deliveries=F("deliveries") + 1,
        )
    return lease if taken else None


def _hold_back(generation: Generation) -> bool:
    """Let it wait for a place, and say so; False where it does not wait any more."""
    held_back = Generation.objects.filter(pk=generation.pk, status=Generation.Status.QUEUED).update(held_back=True)
    if held_back:
        run = generation.current_run
        waits: Payload = {"run": run.pk, "index": generation.index, "kind": "phase", "phase": "waiting"}
        tell(Told(run.topic, [(waits, None)]))
    return bool(held_back)


def _gone(refusal: NotFound) -> ProviderError:
    """The provider was taken away after it had been chosen."""
    return ProviderError(ErrorCode.MODEL_NOT_FOUND, refusal.message)


def _claim(generation: Generation, lease: uuid.UUID) -> Claim:
    resolved = resolve_target(generation.user, generation.provider)
    payer = resolved.key_source
    if payer not in (None, generation.key_source) and not _paid_anew(generation, payer):
        # What was reserved of a budget was reserved for another payer.
        raise ProviderError(ErrorCode.NO_API_KEY, OTHER_PAYER.format(label=resolved.target.label), retryable=True)
    note_first_use(user=generation.user, provider=generation.provider, resolved=resolved)
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
        batch=generation.priority == Generation.BATCH,
        reserved_tokens=generation.reserved_tokens,
        fallback=generation.fallback,
    )
    _take_over_log(claim.topic, claim.writer)
    return claim


def _paid_anew(generation: Generation, key_source: str) -> bool:
    """Where its fallback had been asked before its worker was lost, the payer is the fallback's; now it is asked itself
    again."""
    ask = Ask(generation.provider, _request(generation))
    if not generation.fallback or not change_payer(generation, ask, key_source):
        return False
    generation.refresh_from_db(fields=["key_source", "reserved_tokens"])
    return True


def find_substitute(claim: Claim) -> Substitute | None:
    """Who is to answer in place of a model that cannot, paid by whoever pays for that; None where it cannot be asked
    either, cannot see what was shown, or no budget has room for it."""
    generation = Generation.objects.select_related("user").get(pk=claim.generation_id)
    provider, model = split_selection(claim.fallback)
    request = replace(claim.request, model=model)
    if is_text_only(model) and any(message.images for message in request.messages):
        return None
    try:
        resolved = resolve_target(generation.user, provider)
    except (ProviderError, NotFound) as refusal:
        logger.warning("%s cannot stand in for generation %s: %s", claim.fallback, generation.pk, refusal)
        return None
    if not change_payer(generation, Ask(provider, request), resolved.key_source or ""):
        return None
    generation.refresh_from_db(fields=["reserved_tokens"])
    return Substitute(resolved.adapter, resolved.target, request, generation.reserved_tokens)


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
    ).update(status=Generation.Status.QUEUED, held_back=False, lease=None, lease_until=None, queued_at=timezone.now())
    if updated:
        ring(generation)
    return bool(updated)
