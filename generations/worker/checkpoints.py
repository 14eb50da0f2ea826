"""Checkpoints: a worker regularly saves its answers' texts, and learns which of them to cancel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction

from core.async_db import in_thread
from core.columns import stored_value
from core.redis_clients import loop_client
from generations.limits.admission import reserve_more
from generations.log import heartbeats
from generations.models import Generation
from generations.selectors import ClaimId
from generations.worker.attempt import Attempt
from generations.worker.group_commit import GroupCommit
from generations.worker.types import CancelReason, Snapshot

INTERVAL = 1.5
"""Seconds between two checkpoints."""
LARGE = 65_536
"""Characters from which on a text is not saved at each checkpoint, since it is written as a whole each time."""
LARGE_INTERVAL = 10.0
"""Seconds after which a large text is saved although it has not grown by an eighth."""
GROWTH = 8
REPORTED_FOR = 60
"""Seconds for which readers can see that a checkpoint was made."""


class ClaimState(NamedTuple):
    """A claimed generation as it is in the database now."""

    status: str
    stop_requested: bool


class Checkpoint(NamedTuple):
    """The claims of a worker, and the texts of those that grew."""

    claims: Sequence[ClaimId]
    changed: Mapping[ClaimId, Snapshot]


def save_checkpoint(checkpoint: Checkpoint) -> dict[ClaimId, ClaimState]:
    """Save the texts that grew, and return the claims that still stand; two statements.

    A claim whose worker was taken for lost still stands as ``interrupted``.
    """
    if checkpoint.changed:
        _save_texts(checkpoint.changed)
    rows = Generation.objects.filter(pk__in=[each.generation_id for each in checkpoint.claims])
    states = {
        ClaimId(key, lease): ClaimState(status, stop)
        for key, lease, status, stop in rows.values_list("pk", "lease", "status", "stop_requested")
        if lease is not None and status in (Generation.Status.STREAMING, Generation.Status.INTERRUPTED)
    }
    return {claim: states[claim] for claim in checkpoint.claims if claim in states}


def _save_texts(changed: Mapping[ClaimId, Snapshot]) -> None:
    rows = [
        (snapshot.text, snapshot.reasoning, claim.generation_id, stored_value(Generation, "lease", claim.lease))
        for claim, snapshot in changed.items()
    ]
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {Generation._meta.db_table} SET text = %s, reasoning = %s "  # noqa: S608
            "WHERE id = %s AND lease = %s AND status = 'streaming'",
            rows,
        )


class _Saved(NamedTuple):
    """The lengths of an answer's text and reasoning that were saved last, and that time, by ``time.monotonic``."""

    size: tuple[int, int]
    at: float

    def is_old(self, snapshot: Snapshot, now: float) -> bool:
        """Return True if the answer has changed and, if it is large, has grown by an eighth or was saved long ago."""
        before, length = sum(self.size), sum(snapshot.size)
        if snapshot.size == self.size:
            return False
        return length < LARGE or not 0 <= GROWTH * (length - before) < length or now - self.at >= LARGE_INTERVAL


_NOTHING = _Saved((0, 0), float("-inf"))


class Checkpoints:
    """Remembers the saved length of each answer, so that only longer texts are written. Use it on the loop only."""

    def __init__(self, worker: str, writer: GroupCommit) -> None:
        self._worker = worker
        self._writer = writer
        self._saved: dict[ClaimId, _Saved] = {}

    def forget(self, claim: ClaimId) -> None:
        self._saved.pop(claim, None)

    async def save(self, attempts: Sequence[Attempt]) -> None:
        """Save the texts; cancel the attempts that were stopped, that lost their claim, or that exceed a budget."""
        if not attempts:
            return
        began = time.time()
        # Taken before the first await, so that all snapshots are of the same moment.
        snapshots = {attempt.claim.id: attempt.snapshot for attempt in attempts}
        now = time.monotonic()
        changed = {
            claim: each for claim, each in snapshots.items() if self._saved.get(claim, _NOTHING).is_old(each, now)
        }
        checkpoint = Checkpoint(list(snapshots), changed)
        states = await asyncio.wrap_future(self._writer.submit(_save_checkpoints, checkpoint))
        for attempt in attempts:
            claim = attempt.claim.id
            state = states.get(claim)
            if state is None:
                attempt.cancel(CancelReason.LEASE_LOST)
            elif state.stop_requested:
                attempt.cancel(CancelReason.STOPPED)
            elif claim in changed:
                self._saved[claim] = _Saved(changed[claim].size, now)
        await self._report(began)
        for attempt in attempts:
            if attempt.exceeds_reservation:
                await _reserve_more(attempt)

    async def _report(self, began: float) -> None:
        """Let readers know that a checkpoint that began at this time is saved."""
        await heartbeats.report(loop_client(), heartbeats.checkpoints_key(), self._worker, began, REPORTED_FOR)


def _save_checkpoints(checkpoints: Sequence[Checkpoint]) -> list[dict[ClaimId, ClaimState]]:
    return [save_checkpoint(each) for each in checkpoints]


async def _reserve_more(attempt: Attempt) -> None:
    refusal = await in_thread(reserve_more, attempt.claim.generation_id, attempt.answering_model)
    if refusal:
        attempt.cancel_over_budget(refusal)
    else:
        attempt.reserved_tokens += settings.EXPECTED_OUTPUT_TOKENS
