"""Heartbeats of the workers: each writes its name and the time into a sorted set every few seconds."""

from __future__ import annotations

import time

import redis
from django.conf import settings

from core.redis_clients import thread_client

INTERVAL = 5.0
ALIVE_FOR = 3 * INTERVAL


def heartbeats_key() -> str:
    return f"{settings.REDIS_PREFIX}:workers"


def is_any_worker_alive() -> bool:
    """Return True if a worker has sent a heartbeat lately, or if that is unknown because Redis is unavailable."""
    try:
        return bool(thread_client().zcount(heartbeats_key(), time.time() - ALIVE_FOR, "+inf"))
    except redis.RedisError:
        return True
