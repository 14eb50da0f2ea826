"""Shares of a process's time, so that the work of one user never keeps others waiting for long."""

from __future__ import annotations

import time
from collections.abc import Callable
from weakref import WeakValueDictionary

RATE = 0.25
"""Seconds of work in each second that one user may cause in the long run."""
BURST = 1.0
"""Seconds of work that one user may cause at once."""


class Share:
    """The part of a process's time that one user may take while others are there."""

    def __init__(self, others_are_there: Callable[[], bool]) -> None:
        self._others_are_there = others_are_there
        self._left = BURST
        self._counted_at = time.monotonic()

    def spend(self, seconds: float) -> None:
        """Count work that was done, or that will have to be done because of it."""
        self._earn()
        # What was done while nobody else was there is forgiven.
        self._left = max(self._left - seconds, -BURST)

    @property
    def pause(self) -> float:
        """The seconds that the user's next work has to wait; 0.0 if it need not."""
        if self._left > 0 or not self._others_are_there():
            return 0.0
        self._earn()
        return max(0.0, -self._left / RATE)

    def _earn(self) -> None:
        now = time.monotonic()
        self._left = min(BURST, self._left + RATE * (now - self._counted_at))
        self._counted_at = now


class Shares:
    """The shares of the users who have work in a process, which last as long as somebody holds them."""

    def __init__(self) -> None:
        self._shares: WeakValueDictionary[int, Share] = WeakValueDictionary()

    def of(self, user_id: int) -> Share:
        share = self._shares.get(user_id)
        if share is None:
            share = self._shares[user_id] = Share(lambda: len(self._shares) > 1)
        return share
