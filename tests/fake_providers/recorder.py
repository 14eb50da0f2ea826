"""A record of one request to a stand-in."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Recorded:
    """One request and the progress of its response; times are ``time.monotonic()``, which all processes of a machine
    share.

    ``sent`` has the time of each chunk; ``hung_up`` is the time at which the client disconnected before the end.
    """

    vendor: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    model: str
    began: float = field(default_factory=time.monotonic)
    sent: list[float] = field(default_factory=list)
    ended: float | None = None
    hung_up: float | None = None
    _over: threading.Event = field(default_factory=threading.Event)
    _disconnected: threading.Event = field(default_factory=threading.Event)

    @property
    def is_open(self) -> bool:
        return not self._over.is_set()

    def end(self, *, hung_up: bool) -> None:
        """Record the end of the response; ``hung_up`` is True if the client disconnected before it."""
        self.ended = time.monotonic()
        if hung_up:
            self.hung_up = self.ended
            self._disconnected.set()
        self._over.set()

    def wait_until_disconnected(self, timeout: float = 30) -> float:
        """Wait until the client has disconnected before the end; return the time at which it did."""
        if not self._disconnected.wait(timeout) or self.hung_up is None:
            raise TimeoutError(f"the client did not disconnect from {self.path} within {timeout} s")
        return self.hung_up

    async def disconnected(self, timeout: float = 30) -> float:
        """Await ``wait_until_disconnected``."""
        return await asyncio.to_thread(self.wait_until_disconnected, timeout)

    async def over(self, timeout: float = 30) -> None:
        """Wait until the response has ended, from either side."""
        if not await asyncio.to_thread(self._over.wait, timeout):
            raise TimeoutError(f"{self.path} is still open after {timeout} s")

    def as_json(self) -> dict[str, Any]:
        return {
            "vendor": self.vendor,
            "path": self.path,
            "model": self.model,
            "body": self.body,
            "began": self.began,
            "sent": self.sent,
            "ended": self.ended,
            "hung_up": self.hung_up,
            "is_open": self.is_open,
        }
