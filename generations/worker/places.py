"""The places of one worker: how many streams it runs at once, and whose they are."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from generations.models import Generation
from generations.selectors import ClaimId

SHARE = 8
"""A user with many answers may begin one more while they run fewer than this many times the places that are free.

So one user alone gets four fifths of the places, and n users who want all that they can get leave some for others.
"""
RESERVE = 10
"""One place in so many is kept for users with few answers, and half of these for users with none."""
FEW = 8
"""Answers of one user that may take reserved places: as many as a comparison has columns."""


class _Queued(Protocol):
    @property
    def user_id(self) -> int: ...
    @property
    def priority(self) -> int: ...


Queued = TypeVar("Queued", bound=_Queued)


class Places:
    """The claims that a worker holds; the methods may be called from any thread."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._reserve = capacity // RESERVE
        self._batch_capacity = max(1, capacity - max(1, capacity // 4))
        self._claims: dict[ClaimId, Generation] = {}
        self._claiming = 0
        self._changed = threading.Condition()

    @property
    def held(self) -> set[ClaimId]:
        with self._changed:
            return set(self._claims)

    @property
    def full(self) -> bool:
        return len(self._claims) >= self._capacity

    @property
    def free_for_all(self) -> int:
        """The number of answers that ``choose`` would let begin now, whosever they are, and if they were batch work."""
        with self._changed:
            holders = list(self._claims.values())
        by_user, batch = _count(holders)
        # The n-th answer of the user who has most of them is let begin if most + n < SHARE * (free - n - reserve).
        free = SHARE * (self._capacity - len(holders) - self._reserve) - max(by_user.values(), default=0)
        return max(0, min(-(-free // (SHARE + 1)), self._batch_capacity - batch))

    def choose(self, queued: Iterable[Queued], *, beside: Iterable[Generation] = ()) -> list[Queued]:
        """Return those that may begin now, considered in this order, ``beside`` claims that are not held yet.

        Batch work leaves a quarter of the places to people who wait for their answers.
        """
        with self._changed:
            holders = [*self._claims.values(), *beside]
        free = self._capacity - len(holders)
        by_user, batch = _count(holders)
        chosen = []
        for each in queued:
            if free <= 0:
                break
            is_batch = each.priority == Generation.BATCH
            few = FEW if free > self._reserve // 2 else 1
            most = max(few, SHARE * (free - self._reserve))
            if by_user[each.user_id] >= most or (is_batch and batch >= self._batch_capacity):
                continue
            chosen.append(each)
            free -= 1
            by_user[each.user_id] += 1
            batch += is_batch
        return chosen

    def hold(self, claimed: Iterable[Generation]) -> None:
        with self._changed:
            self._claims.update((claim_id(each), each) for each in claimed)

    def leave(self, generation: Generation) -> None:
        with self._changed:
            self._claims.pop(claim_id(generation), None)
            self._changed.notify_all()

    def expect_claims(self) -> None:
        """Have ``wait_until_left`` wait for claims that are just being made, until ``claims_came``."""
        with self._changed:
            self._claiming += 1

    def claims_came(self) -> None:
        with self._changed:
            self._claiming -= 1
            self._changed.notify_all()

    def wait_until_left(self, timeout: float) -> None:
        """Wait until no claim is held or made any more, but no longer than ``timeout`` seconds."""
        left: Callable[[], bool] = lambda: not self._claims and not self._claiming  # noqa: E731
        with self._changed:
            self._changed.wait_for(left, timeout)


def _count(holders: Sequence[Generation]) -> tuple[Counter[int], int]:
    """Count the holders of each user, and those that are batch work."""
    by_user = Counter(each.user_id for each in holders)
    return by_user, sum(each.priority == Generation.BATCH for each in holders)


def claim_id(generation: Generation) -> ClaimId:
    assert generation.lease is not None
    return ClaimId(generation.pk, generation.lease)
