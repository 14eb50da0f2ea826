"""Database queries of coroutines, run in threads that keep their connections.

A thread opens its connection once and keeps it, because opening one costs more than most queries. No coroutine holds a
connection while it waits.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from threading import Barrier
from typing import ParamSpec, TypeVar

from django.db import connections

from core.errors import UNAVAILABLE_ERRORS
from core.shares import Share

P = ParamSpec("P")
T = TypeVar("T")
THREADS = 2
"""Threads of a process for such queries; each holds one connection to the database.

More would not do more at the same time, since Python runs one thread of a process at once, but they would keep its loop
waiting: of a burst of starts the streams that run already must not feel anything.
"""
RETRY_DELAY = 0.5
"""Seconds between two attempts."""

logger = logging.getLogger(__name__)
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="database")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that queries the database in a thread; raises one of ``UNAVAILABLE_ERRORS`` if it is down."""
    work = partial(with_connection, partial(function, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_threads, copy_context().run, work)


async def in_share(share: Share, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function as ``in_thread`` does, once a user's share allows it, and count the time that it takes."""
    if pause := share.pause:
        await asyncio.sleep(pause)
    result, seconds = await in_thread(_timed, partial(function, *args, **kwargs))
    share.spend(seconds)
    return result


def _timed(function: Callable[[], T]) -> tuple[T, float]:
    began = time.thread_time()
    return function(), time.thread_time() - began


def start_in_thread(function: Callable[[], object]) -> None:
    """Have one of these threads run a function; its error is logged."""

    def run() -> None:
        try:
            with_connection(function)
        except Exception:
            logger.exception("%s failed", getattr(function, "__name__", function))

    _threads.submit(run)


async def retry_until_available(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function as ``in_thread`` does, and again for as long as the database or Redis is unavailable."""
    while True:
        try:
            return await in_thread(function, *args, **kwargs)
        except UNAVAILABLE_ERRORS as error:
            logger.warning("the database or Redis is unavailable, trying again: %s", error)
            await asyncio.sleep(RETRY_DELAY)


def close_connections() -> None:
    """Close the connections of all these threads; blocks until all have finished what they do."""
    together = Barrier(THREADS)

    def close(_: int) -> None:
        together.wait()
        connections.close_all()

    list(_threads.map(close, range(THREADS)))


def with_connection(function: Callable[[], T]) -> T:
    """Call the function with this thread's connection, or with a new one if that was lost."""
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and not connection.is_usable():
            connection.close()
    try:
        return function()
    finally:
        for connection in connections.all(initialized_only=True):
            if connection.errors_occurred:
                connection.close()
