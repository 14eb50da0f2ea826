"""Rate limits, counted in the cache."""

from __future__ import annotations

import time
from dataclasses import dataclass
from hashlib import sha256

from django.core.cache import cache

from core.errors import TooManyRequests


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``amount`` attempts within ``seconds`` after the first one; ``sentence`` refuses more."""

    name: str
    amount: int
    seconds: int
    sentence: str

    def take(self, *parts: str) -> str:
        """Count an attempt under these parts (an address, a login, …) and return its counter for ``give_back``.

        Call it before the attempt is made, so that concurrent attempts cannot all pass. Raises TooManyRequests.
        """
        key = f"limit:{self.name}:{sha256(chr(0).join(parts).encode()).hexdigest()}"
        began: float = cache.get_or_set(key, time.time, self.seconds) or time.time()
        counter = f"{key}:{began}"
        # Lives longer than the period, so that it cannot expire between ``add`` and ``incr``.
        cache.add(counter, 0, 2 * self.seconds)
        if cache.incr(counter) > self.amount:
            raise TooManyRequests(self.sentence, retry_after=began + self.seconds - time.time())
        return counter

    def give_back(self, counter: str) -> None:
        """Take back an attempt that should not count."""
        cache.decr(counter)
