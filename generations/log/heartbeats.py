"""Signs of life of the workers, by which others see whether a worker still exists.

Each worker subscribes to a channel of its own as long as it lives: if nobody is subscribed any more, its process has
ended. It also writes its name and the time into a sorted set every few seconds, for a host that hangs with its
connections open; and the time at which its last checkpoint began into another one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import redis
from django.conf import settings

from core.redis_clients import thread_client

INTERVAL = 5.0
ALIVE_FOR = 3 * INTERVAL
HANGS_AFTER = 60.0
"""Seconds without a sign after which a worker counts as gone although it is still connected."""
# A Redis that is full takes what a script writes after it has deleted something. Without that, a worker that is well
# would count as gone.
REPORT = """
redis.call("ZREMRANGEBYSCORE", KEYS[1], 0, ARGV[1] - ARGV[3])
redis.call("ZADD", KEYS[1], ARGV[1], ARGV[2])
redis.call("EXPIRE", KEYS[1], ARGV[3])
"""


def heartbeats_key() -> str:
    return f"{settings.REDIS_PREFIX}:workers"


def checkpoints_key() -> str:
    return f"{settings.REDIS_PREFIX}:checkpoints"


def worker_channel(worker: str) -> str:
    """Return the channel that a worker is subscribed to for as long as it lives."""
    return f"{settings.REDIS_PREFIX}:control:{worker}"


def report(client: Any, key: str, worker: str, moment: float, kept_for: int) -> Any:
    """Write a worker's name and a time into a sorted set, and forget times that are older by ``kept_for`` seconds.

    Return the client's result, an awaitable if the client is asynchronous.
    """
    return client.eval(REPORT, 1, key, moment, worker, kept_for)


def is_any_worker_alive() -> bool:
    """Return True if a worker has sent a heartbeat lately, or if that is unknown because Redis is unavailable."""
    try:
        return bool(thread_client().zcount(heartbeats_key(), time.time() - ALIVE_FOR, "+inf"))
    except redis.RedisError:
        return True


def gone_workers(workers: Sequence[str]) -> set[str]:
    """Return the workers among these that show no sign of life at this moment; raises RedisError."""
    if not workers:
        return set()
    client = thread_client()
    counts = client.pubsub_numsub(*map(worker_channel, workers))
    connected = {worker for worker, (_, count) in zip(workers, counts, strict=True) if count}
    beats = client.zmscore(heartbeats_key(), list(workers))
    now = time.time()
    hanging = {each for each, beat in zip(workers, beats, strict=True) if beat and beat < now - HANGS_AFTER}
    return set(workers) - (connected - hanging)
