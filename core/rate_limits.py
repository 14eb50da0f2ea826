"""Rate limits, counted in Redis."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache as remember
from hashlib import sha256

from django.core.cache import cache
from redis.commands.core import Script

from core.errors import TooManyRequests
from core.redis_clients import thread_client

TAKE = """
local count = redis.call("INCR", KEYS[1])
if count == 1 then redis.call("PEXPIRE", KEYS[1], ARGV[1]) end
return {count, redis.call("PTTL", KEYS[1])}
"""
GIVE_BACK = 'if redis.call("EXISTS", KEYS[1]) == 1 then redis.call("DECR", KEYS[1]) end'


@remember
def _script(text: str) -> Script:
    return thread_client().register_script(text)


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
        counter = cache.make_key(f"limit:{self.name}:{sha256(chr(0).join(parts).encode()).hexdigest()}")
        count, milliseconds = _script(TAKE)(keys=[counter], args=[self.seconds * 1000], client=thread_client())
        if count > self.amount:
            raise TooManyRequests(self.sentence, retry_after=milliseconds / 1000)
        return counter

    def give_back(self, counter: str) -> None:
        """Take back an attempt that should not count."""
        _script(GIVE_BACK)(keys=[counter], client=thread_client())
