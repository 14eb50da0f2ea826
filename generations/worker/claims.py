"""Claims: one worker takes a queued generation, with everything that it needs to answer it."""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace
from threading import Semaphore

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.errors import NotFound
from generations.limits.admission import GenerationRequest, change_reservation
from generations.limits.queue import lock_user, may_run_one_more
from generations.log.event_log import Payload
from generations.log.lease import LEASE
from generations.models import Generation
from generations.phases import Phase
from generations.stored_request import decode_request
from generations.worker.finalize import PendingEntries, append_now, end_generation
from generations.worker.leases import take_over_log
from generations.worker.types import Claim, Fallback, Outcome
from providers.adapters.base import ErrorCode, ProviderError
from providers.capabilities import is_text_only
from providers.model_ref import ModelRef
from providers.selectors import resolve_target
from providers.services import note_first_use

logger = logging.getLogger(__name__)

KEY_CHANGED = "The key for {label} was changed while the answer waited. Try again to use the one that is set now."


def claim_generation(generation_id: int, *, batch_capacity: Semaphore | None = None) -> Claim | None:
    """Claim a queued generation for this worker; return None if it cannot be answered now or has ended.

    If its user may not run one more, or this worker has no ``batch_capacity`` left, it is held back until that changes.
    If its provider cannot be called, it ends here as failed. The caller releases the capacity that a batch claim took.
    """
    queued = Generation.objects.filter(pk=generation_id, status=Generation.Status.QUEUED)
    generation = queued.select_related("current_run", "user").first()
    if generation is None:
        return None
    batch = generation.priority == Generation.BATCH
    if batch and batch_capacity is not None and not batch_capacity.acquire(blocking=False):
        _hold_back(generation)
        return None
    claim = None
    try:
        claim = _claim_if_allowed(generation)
    finally:
        if batch and batch_capacity is not None and claim is None:
            batch_capacity.release()
    return claim


def _claim_if_allowed(generation: Generation) -> Claim | None:
    lease = _take(generation)
    if lease is None and _hold_back(generation):
        # If an answer ended between the two calls, this one was not held back yet, so that end did not enqueue it.
        lease = _take(generation)
    if lease is None:
        return None
    try:
        return _claim(generation, lease)
    except (ProviderError, NotFound) as refusal:
        error = refusal if isinstance(refusal, ProviderError) else _removed_provider(refusal)
        outcome = Outcome(status=Generation.Status.FAILED, error=error, time=generation.current_run.elapsed)
        append_now(end_generation(generation.pk, outcome, lease=lease))
        return None


def _take(generation: Generation) -> uuid.UUID | None:
    """Take a generation that still waits if its user may run one more; return the lease, else None."""
    lease = uuid.uuid4()
    with transaction.atomic():
        lock_user(generation.user)
        taken = may_run_one_more(generation.user) and Generation.objects.filter(
            pk=generation.pk, status=Generation.Status.QUEUED
        ).update(
            status=Generation.Status.STREAMING,
            held_back=False,
            lease=lease,
            lease_until=timezone.now() + LEASE,
            delivery_count=F("delivery_count") + 1,
        )
    return lease if taken else None


def _hold_back(generation: Generation) -> bool:
    """Mark the generation as held back, and append that to the log; return False if it no longer waits."""
    held_back = Generation.objects.filter(pk=generation.pk, status=Generation.Status.QUEUED).update(held_back=True)
    if held_back:
        run = generation.current_run
        waiting: Payload = {"run": run.pk, "index": generation.index, "kind": "phase", "phase": Phase.WAITING}
        append_now(PendingEntries(run.topic, [(waiting, None)]))
    return bool(held_back)


def _removed_provider(refusal: NotFound) -> ProviderError:
    """Return the error for a provider that was removed after it had been chosen."""
    return ProviderError(ErrorCode.MODEL_NOT_FOUND, refusal.message)


def _claim(generation: Generation, lease: uuid.UUID) -> Claim:
    resolved = resolve_target(generation.user, generation.provider)
    key_source = resolved.key_source
    if key_source not in (None, generation.key_source) and not _reserved_again(generation, key_source):
        # The reservation is in the budget of another key source, so this one may have no room for the cost.
        raise ProviderError(ErrorCode.NO_API_KEY, KEY_CHANGED.format(label=resolved.target.label), retryable=True)
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
        request=decode_request(generation),
        batch=generation.priority == Generation.BATCH,
        reserved_tokens=generation.reserved_tokens,
        fallback=generation.fallback,
    )
    take_over_log(claim.topic, claim.writer)
    return claim


def _reserved_again(generation: Generation, key_source: str) -> bool:
    """Move the reservation back to this model's key if a worker that died had moved it to the fallback's."""
    request = GenerationRequest(generation.provider, decode_request(generation))
    if not generation.fallback or not change_reservation(generation, request, key_source):
        return False
    generation.refresh_from_db(fields=["key_source", "reserved_tokens"])
    return True


def find_fallback(claim: Claim) -> Fallback | None:
    """Return the claim's fallback, with its cost reserved under the key that pays for it.

    None if it cannot be called either, if it cannot see the request's images, or if a budget has no room for it.
    """
    generation = Generation.objects.select_related("user").get(pk=claim.generation_id)
    provider, model = ModelRef.parse(claim.fallback)
    request = replace(claim.request, model=model)
    if is_text_only(model) and any(message.images for message in request.messages):
        return None
    try:
        resolved = resolve_target(generation.user, provider)
    except (ProviderError, NotFound) as refusal:
        logger.warning("%s cannot answer generation %s either: %s", claim.fallback, generation.pk, refusal)
        return None
    if not change_reservation(generation, GenerationRequest(provider, request), resolved.key_source or ""):
        return None
    generation.refresh_from_db(fields=["reserved_tokens"])
    return Fallback(resolved.adapter, resolved.target, request, generation.reserved_tokens)
