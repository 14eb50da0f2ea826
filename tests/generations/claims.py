"""Claims and ends of single generations, as a worker makes them."""

from __future__ import annotations

from generations.models import Generation
from generations.worker.claims import prepare, take
from generations.worker.finalize import SavedEnd, announce_end, end_generation
from generations.worker.types import Claim, Outcome
from providers.adapters.base import ProviderError

WORKER = "a-worker"


def claim_generation(key: int, *, worker: str = WORKER) -> Claim | None:
    """Claim a generation; None if it may not be claimed, or if its provider cannot be called, which ends it."""
    claimed = take([key], worker)
    for generation, prepared in zip(claimed, prepare(claimed), strict=True):
        if not isinstance(prepared, ProviderError):
            return prepared
        announce_end(end_generation(generation, Outcome(Generation.Status.FAILED, error=prepared)))
    return None


def end_claim(claim: Claim, outcome: Outcome) -> SavedEnd | None:
    """Save the end of a claimed generation, append it to the log, and release those that waited for it."""
    saved = end_generation(claim.generation, outcome)
    announce_end(saved)
    return saved


def end_queued(key: int, outcome: Outcome) -> SavedEnd | None:
    """End a generation that is still queued, and append that to the log."""
    generation = Generation.objects.select_related("current_run", "user").get(pk=key)
    saved = end_generation(generation, outcome)
    announce_end(saved)
    return saved
