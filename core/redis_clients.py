"""Redis clients: one for a process's threads, one for each event loop."""

from __future__ import annotations

import asyncio
from functools import cache
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT = 5.0
"""Seconds that Redis may take to answer. A connection that has gone stale is replaced once and at once: whoever asks a
Redis that is away hears so in no time, and waits or tries again by rules of its own."""

_loop_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis] = WeakKeyDictionary()


@cache
def thread_client() -> redis.Redis:
    """For synchronous code; safe to share between threads."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT, retry=Retry(NoBackoff(), 1))


def loop_client() -> redis.asyncio.Redis:
    """For coroutines of the running loop."""
    loop = asyncio.get_running_loop()
    client = _loop_clients.get(loop)
    if client is None:
        client = _loop_clients[loop] = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_timeout=TIMEOUT, retry=AsyncRetry(NoBackoff(), 1)
        )
    return client


def heed_cancellation() -> None:
    """Be cancelled now, where that was asked for and got lost: on Python 3.11 redis-py's ``asyncio.wait_for`` swallows
    a cancellation that comes in the moment in which a command has been sent. To be called after each wait for Redis."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def subscriber_client() -> redis.asyncio.Redis:
    """For a subscription that may be silent for ever: reads wait without a limit. The caller closes it."""
    return redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=None, retry=AsyncRetry(NoBackoff(), 1))
