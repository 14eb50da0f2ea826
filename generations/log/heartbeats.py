"""Whether workers are there: each says so every few seconds, in a sorted set of names and times."""

from __future__ import annotations

import time

import redis
from django.conf import settings

from core.redis_clients import thread_client

INTERVAL = 5.0
ALIVE_FOR = 3 * INTERVAL


def heartbeats_key() -> str:
    return f"{settings.REDIS_PREFIX}:workers"


def is_any_worker_there() -> bool:
    """Whether one has been heard of lately; also where Redis cannot say so, for then something else is wrong."""
    try:
        return bool(thread_client().zcount(heartbeats_key(), time.time() - ALIVE_FOR, "+inf"))
    except redis.RedisError:
        return True
