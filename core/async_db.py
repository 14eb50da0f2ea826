"""Queries of coroutines, in threads that give their connection back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError

P = ParamSpec("P")
T = TypeVar("T")
AWAY = (OperationalError, InterfaceError)
"""What is raised where the database does not answer."""
RETRY_DELAY = 0.5

logger = logging.getLogger(__name__)


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run queries in a thread; raises one of ``AWAY`` where the database does not answer."""
    result: T = await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
    return result


async def patiently(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """``in_thread``, for what has been promised to a reader: waits for a database that is away."""
    while True:
        try:
            return await in_thread(function, *args, **kwargs)
        except AWAY as error:
            logger.warning("a reader waits for the database: %s", error)
            await asyncio.sleep(RETRY_DELAY)
