"""Queries of coroutines, in threads that give their connection back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError

P = ParamSpec("P")
T = TypeVar("T")
AWAY = (OperationalError, InterfaceError)
"""What is raised where the database does not answer."""
AWAY_FOR = 1.0
"""Seconds in which a database that was away is not asked again: whoever asks hears so at once, and no thread waits."""
RETRY_DELAY = 0.5

logger = logging.getLogger(__name__)
_away_until = 0.0


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run queries in a thread; raises one of ``AWAY`` where the database does not answer."""
    global _away_until
    if time.monotonic() < _away_until:
        raise OperationalError("the database did not answer a moment ago")
    try:
        result: T = await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
    except AWAY as error:
        if _is_without_connection(error):
            _away_until = time.monotonic() + AWAY_FOR
        raise
    return result


async def patiently(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """``in_thread``, for what has been promised to a reader: waits for a database that is away."""
    while True:
        try:
            return await in_thread(function, *args, **kwargs)
        except AWAY as error:
            logger.warning("a reader waits for the database: %s", error)
            await asyncio.sleep(RETRY_DELAY)


def _is_without_connection(error: Exception) -> bool:
    """Whether there is no database to talk to, and not one that refuses a statement, which it does with a code."""
    return type(error.__cause__).__module__.startswith("psycopg") and getattr(error.__cause__, "sqlstate", "") is None
