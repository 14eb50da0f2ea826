"""Values that belong to one thread or one event loop, each made when it is first asked for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

K = TypeVar("K")
T = TypeVar("T")


def once_a_thread(make: Callable[[K], T]) -> Callable[[K], T]:
    """Remember what ``make`` returns for each argument, which is hashable, apart for each thread."""
    local = threading.local()

    @wraps(make)
    def value(key: K) -> T:
        if not hasattr(local, "remembering"):
            local.remembering = cache(make)
        made: T = local.remembering(key)
        return made

    return value


def once_a_loop(make: Callable[[], T]) -> Callable[[], T]:
    """Remember what ``make`` returns for each event loop, until that is gone; call it on a running loop."""
    by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    @wraps(make)
    def value() -> T:
        loop = asyncio.get_running_loop()
        if loop not in by_loop:
            by_loop[loop] = make()
        return by_loop[loop]

    return value
