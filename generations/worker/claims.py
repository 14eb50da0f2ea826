"""Claims: one worker takes queued generations, with everything that it needs to answer them."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.db import connection
from django.utils import timezone

from core.columns import stored_value
from core.errors import NotFound
from core.statements import PreparedQuery
from generations.limits.admission import GenerationRequest, change_reservation
from generations.models import Generation
from generations.selectors import ClaimId, streaming_claims
from generations.stored_request import decode_request
from generations.worker.types import Claim, Fallback
from providers.adapters.base import ErrorCode, ProviderError
from providers.adapters.capabilities import capabilities_of
from providers.listed_models import known_model
from providers.model_ref import ModelRef
from providers.models import KeySource
from providers.selectors import Resolved, ResolvedTarget, resolve_target, resolve_targets
from providers.services import note_first_use

logger = logging.getLogger(__name__)

MOST_UNANSWERED = 1000
KEY_CHANGED = "The key for {label} was changed while the answer waited. Try again to use the one that is set now."


_CLAIMABLE = PreparedQuery(
    lambda runs: (
        Generation.objects.filter(current_run__pk__in=runs, status=Generation.Status.QUEUED, held_back=False)
        .select_related("current_run", "user")
        .order_by("pk")
    ),
    None,
)


def claimable(run_ids: Iterable[int]) -> list[Generation]:
    """Return the generations of these runs that may be claimed, oldest first, with their runs and users; one query."""
    return _CLAIMABLE.rows(list(run_ids))


def claims_of(worker: str) -> list[ClaimId]:
    """Return the claims of a worker; one query, which loads no text."""
    return streaming_claims(Generation.objects.filter(worker=worker))


def take(keys: Iterable[int], worker: str) -> list[Generation]:
    """Claim those of these generations that may be claimed, as ``take_of_runs`` does."""
    keys = list(keys)
    return _take("id", keys, worker, len(keys))


def take_of_runs(run_ids: Iterable[int], worker: str, most: int) -> list[Generation]:
    """Claim generations of these runs for a worker under one new lease, the oldest ones, and ``most`` at most.

    Return them by run, with their runs and users. Those that another process changes at this moment are left out, since
    it claims or ends them. One statement; two on SQLite.
    """
    return _take("current_run_id", list(run_ids), worker, most)


def _taken(field: str) -> PreparedQuery[Generation]:
    """Query the generations of these that have this lease, with their runs and users."""
    return PreparedQuery(
        lambda lease, keys: (
            Generation.objects.filter(lease=lease, **{f"{field}__in": keys})
            .select_related("current_run", "user")
            .order_by("current_run", "index")
        ),
        Generation._meta.get_field("lease"),
        None,
    )


_TAKEN = {"id": _taken("pk"), "current_run_id": _taken("current_run__pk")}


def _take(column: str, keys: list[int], worker: str, most: int) -> list[Generation]:
    if not keys or not most:
        return []
    lease, table = uuid.uuid4(), Generation._meta.db_table
    chosen = (
        f"SELECT id FROM {table} WHERE {column} IN ({', '.join(['%s'] * len(keys))}) "  # noqa: S608
        "AND status = 'queued' AND NOT held_back ORDER BY id LIMIT %s"
    )
    if connection.features.has_select_for_update_skip_locked:
        # As an array it is chosen once, whatever the database plans.
        chosen = f"SELECT unnest(ARRAY({chosen} FOR NO KEY UPDATE SKIP LOCKED))"
    update = (
        f"UPDATE {table} SET status = 'streaming', worker = %s, lease = %s, delivery_count = delivery_count + 1 "  # noqa: S608
        f"WHERE id IN ({chosen}) AND status = 'queued'"
    )
    values = [worker, stored_value(Generation, "lease", lease), *keys, most]
    return _TAKEN[column].rows_after(update, values, lease, keys)


Prepared = Claim | ProviderError
"""A claim, or the reason for which its provider cannot be called."""


def prepare(generations: Sequence[Generation]) -> list[Prepared]:
    """Load the keys and images that claimed generations of one user need, in the same order; two queries at most.

    The claims that include the first of a run's first slot begin the log of its topic, unless there is one.
    """
    if not generations:
        return []
    # What was admitted under the server's key is answered with it, whatever its user has stored since. A fallback may
    # have moved a later claim to another key.
    server = {each.provider for each in generations if each.key_source == KeySource.SERVER and each.delivery_count == 1}
    targets = resolve_targets(generations[0].user, {each.provider for each in generations}, without_own=server)
    prepared = [_prepared(each, targets[each.provider]) for each in generations]
    first = next((each for each in prepared if isinstance(each, Claim)), None)
    if first is not None and any(each.index == 0 and each.delivery_count == 1 for each in generations):
        prepared[prepared.index(first)] = replace(first, begins_log=True)
    return prepared


def _prepared(generation: Generation, resolved: Resolved) -> Prepared:
    if isinstance(resolved, NotFound):
        # The provider was removed after it had been chosen.
        return ProviderError(ErrorCode.MODEL_NOT_FOUND, resolved.message)
    if isinstance(resolved, ProviderError):
        return resolved
    try:
        return _claim(generation, resolved)
    except ProviderError as refusal:
        return refusal


def _claim(generation: Generation, resolved: ResolvedTarget) -> Claim:
    key_source = resolved.key_source
    if key_source not in (None, generation.key_source) and not _reserved_again(generation, key_source):
        # The reservation is in the budget of another key source, so this one may have no room for the cost.
        raise ProviderError(ErrorCode.NO_API_KEY, KEY_CHANGED.format(label=resolved.target.label), retryable=True)
    note_first_use(user=generation.user, provider=generation.provider, resolved=resolved)
    assert generation.lease is not None
    return Claim(
        generation=generation,
        lease=generation.lease,
        adapter=resolved.adapter,
        target=resolved.target,
        request=decode_request(generation),
        reserved_tokens=generation.reserved_tokens,
    )


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
    generation = claim.generation
    provider, model = fallback = ModelRef.parse(claim.fallback)
    listed = known_model(generation.user, fallback)
    request = replace(claim.request, model=model, listed=listed)
    if capabilities_of(model, listed.capabilities).images is False and any(each.images for each in request.messages):
        return None
    try:
        resolved = resolve_target(generation.user, provider)
    except (ProviderError, NotFound) as refusal:
        logger.warning("%s cannot answer generation %s either: %s", claim.fallback, generation.pk, refusal)
        return None
    if not change_reservation(generation, GenerationRequest(provider, request), resolved.key_source or ""):
        return None
    generation.refresh_from_db(fields=["key_source", "reserved_tokens"])
    return Fallback(resolved.adapter, resolved.target, request, generation.reserved_tokens)


def hand_back(generation: Generation, unanswered: int) -> bool:
    """Put a claimed generation back into the queue; return False if it is to be stopped, has ended or was claimed by
    another worker. ``unanswered`` counts the requests that the vendor has taken in all claims so far."""
    claimed = Generation.objects.filter(
        pk=generation.pk, lease=generation.lease, status=Generation.Status.STREAMING, stop_requested=False
    )
    return bool(
        claimed.update(
            status=Generation.Status.QUEUED,
            held_back=False,
            worker="",
            lease=None,
            queued_at=timezone.now(),
            unanswered=min(unanswered, MOST_UNANSWERED),
        )
    )
