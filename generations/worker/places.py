"""The places of one worker: how many streams it runs at once, and whose they are."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from generations.models import Generation
from generations.selectors import ClaimId

SHARE = 4
"""A user may begin one more answer while they run fewer than this many times the places that are free.

So if n users want all that they can get, one of 4n + 1 places stays free for somebody who has nothing running.
"""


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

    def choose(self, queued: Iterable[Queued]) -> list[Queued]:
        """Return those that may begin now, considered in this order.

        Batch work leaves a quarter of the places to people who wait for their answers.
        """
        with self._changed:
            holders = list(self._claims.values())
        free = self._capacity - len(holders)
        by_user = Counter(each.user_id for each in holders)
        batch = sum(each.priority == Generation.BATCH for each in holders)
        chosen = []
        for each in queued:
            if free <= 0:
                break
            is_batch = each.priority == Generation.BATCH
            if by_user[each.user_id] >= SHARE * free or (is_batch and batch >= self._batch_capacity):
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

    @contextmanager
    def claiming(self) -> Iterator[None]:
        """Have ``wait_until_left`` wait for claims that are just being made."""
        with self._changed:
            self._claiming += 1
        try:
            yield
        finally:
            with self._changed:
                self._claiming -= 1
                self._changed.notify_all()

    def wait_until_left(self, timeout: float) -> None:
        """Wait until no claim is held or made any more, but no longer than ``timeout`` seconds."""
        left: Callable[[], bool] = lambda: not self._claims and not self._claiming  # noqa: E731
        with self._changed:
            self._changed.wait_for(left, timeout)


def claim_id(generation: Generation) -> ClaimId:
    assert generation.lease is not None
    return ClaimId(generation.pk, generation.lease)
