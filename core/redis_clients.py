"""Redis clients: one for a process's threads, one for each event loop."""

from __future__ import annotations

import asyncio
from functools import cache

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.scoped_values import once_a_loop

TIMEOUT = 5.0
"""Seconds that Redis may take to respond.

A stale connection is replaced once, without a delay. If Redis is unavailable, callers get the error immediately, and
wait or retry by their own rules.
"""


@cache
def thread_client() -> redis.Redis:
    """Return the client for synchronous code; threads may share it."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT, retry=Retry(NoBackoff(), 1))


@once_a_loop
def loop_client() -> redis.asyncio.Redis:
    """Return the client for coroutines of the running loop."""
    return redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT, retry=AsyncRetry(NoBackoff(), 1))


def heed_cancellation() -> None:
    """Raise CancelledError if this task was cancelled and the cancellation was swallowed; call it after awaiting Redis.

    On Python 3.11 ``asyncio.wait_for`` inside redis-py swallows a cancellation that arrives just after a command was
    sent.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def subscriber_client() -> redis.Redis:
    """Return a new client for the subscription of a thread, which closes it; a lost connection is an error at once."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0))
