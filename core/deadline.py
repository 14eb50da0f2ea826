"""A deadline that is set anew for each of many waits, with one timer for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls ``on_passed`` once the time that was set last has come, in seconds of the running loop's clock.

    A timer for each wait would cost more than the rest of it. This one stays, and starts again if the deadline has
    moved on by the time that it ends.
    """

    def __init__(self, on_passed: Callable[[], None]) -> None:
        self._on_passed = on_passed
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.Handle | None = None
        self._timer_ends = 0.0
        self._time: float | None = None

    def set(self, time: float) -> None:
        self._time = time
        if self._timer is not None and self._timer_ends > time:
            self.stop()
        if self._timer is None:
            # uvloop's handle does not know its time if that has passed already.
            self._timer, self._timer_ends = self._loop.call_at(time, self._end_timer), time

    def unset(self) -> None:
        self._time = None

    def stop(self) -> None:
        """Cancel the timer; ``set`` starts it again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end_timer(self) -> None:
        self._timer = None
        if self._time is None:
            return
        if self._loop.time() < self._time:
            self.set(self._time)
        else:
            self._on_passed()
