"""Redis clients: one for a process's threads, one for each event loop."""

from __future__ import annotations

import asyncio
from functools import cache
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
from django.conf import settings

_loop_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis] = WeakKeyDictionary()


@cache
def thread_client() -> redis.Redis:
    """For synchronous code; safe to share between threads."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5)


def loop_client() -> redis.asyncio.Redis:
    """For coroutines of the running loop."""
    loop = asyncio.get_running_loop()
    client = _loop_clients.get(loop)
    if client is None:
        client = _loop_clients[loop] = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=5)
    return client


def subscriber_client() -> redis.asyncio.Redis:
    """For a subscription that may be silent for ever: reads wait without a limit. The caller closes it."""
    return redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=None)
