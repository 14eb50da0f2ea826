"""Database queries of coroutines, run in threads that give their connection back afterwards."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

from core.errors import UNAVAILABLE_ERRORS

P = ParamSpec("P")
T = TypeVar("T")
RETRY_DELAY = 0.5
"""Seconds between two attempts."""

logger = logging.getLogger(__name__)


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that queries the database in a thread; raises one of ``UNAVAILABLE_ERRORS`` if it is down."""
    result: T = await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
    return result


async def retry_until_available(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function as ``in_thread`` does, and again for as long as the database or Redis is unavailable."""
    while True:
        try:
            return await in_thread(function, *args, **kwargs)
        except UNAVAILABLE_ERRORS as error:
            logger.warning("the database or Redis is unavailable, trying again: %s", error)
            await asyncio.sleep(RETRY_DELAY)
