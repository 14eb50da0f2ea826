"""Rate limits, counted in the cache."""

from __future__ import annotations

import time
from dataclasses import dataclass
from hashlib import sha256

from django.core.cache import cache

from core.errors import TooManyRequests


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``amount`` attempts in ``seconds``, counted from the first one."""

    name: str
    amount: int
    seconds: int
    sentence: str

    def take(self, *parts: str) -> str:
        """Count an attempt for these parts (an address, a login, …) and return what ``give_back`` takes.

        Counts before the attempt is made, so that many concurrent ones cannot all pass. Raises TooManyRequests.
        """
        key = f"limit:{self.name}:{sha256(chr(0).join(parts).encode()).hexdigest()}"
        began: float = cache.get_or_set(key, time.time, self.seconds) or time.time()
        counter = f"{key}:{began}"
        cache.add(counter, 0, 2 * self.seconds)
        if cache.incr(counter) > self.amount:
            raise TooManyRequests(self.sentence, retry_after=began + self.seconds - time.time())
        return counter

    def give_back(self, counter: str) -> None:
        """Take back an attempt that should not count."""
        cache.decr(counter)
