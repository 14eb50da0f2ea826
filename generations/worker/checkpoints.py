"""Checkpoints: a worker regularly saves its answers' texts, renews their leases, and learns which to cancel."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.conf import settings

from core.async_db import in_thread
from generations.limits.admission import reserve_more
from generations.worker.attempt import Attempt
from generations.worker.leases import save_checkpoint
from generations.worker.types import CancelReason

INTERVAL = 1.5
"""Seconds between two checkpoints."""


class Checkpoints:
    """Remembers the saved length of each answer, so that only longer texts are written. Use it on the loop only."""

    def __init__(self) -> None:
        self._saved: dict[uuid.UUID, tuple[int, int]] = {}

    def forget(self, lease: uuid.UUID) -> None:
        self._saved.pop(lease, None)

    async def save(self, attempts: Sequence[Attempt]) -> None:
        """Save the texts and renew the leases.

        Cancel the attempts that were stopped, that lost their lease, or that exceed a budget.
        """
        if not attempts:
            return
        # Taken before the first await, so that all snapshots are of the same moment.
        snapshots = {attempt.claim.lease: attempt.snapshot for attempt in attempts}
        changed = {lease: each for lease, each in snapshots.items() if self._saved.get(lease, (0, 0)) != each.size}
        renewed = await in_thread(save_checkpoint, leases=list(snapshots), changed=changed)
        for attempt in attempts:
            lease = attempt.claim.lease
            if lease in renewed.stops:
                attempt.cancel(CancelReason.STOPPED)
            elif lease in renewed.leases:
                self._saved[lease] = snapshots[lease].size
            else:
                attempt.cancel(CancelReason.LEASE_LOST)
        for attempt in attempts:
            if attempt.exceeds_reservation:
                await _reserve_more(attempt)


async def _reserve_more(attempt: Attempt) -> None:
    refusal = await in_thread(reserve_more, attempt.claim.generation_id, attempt.answering_model)
    if refusal:
        attempt.cancel_over_budget(refusal)
    else:
        attempt.reserved_tokens += settings.EXPECTED_OUTPUT_TOKENS
