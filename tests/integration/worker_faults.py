"""Faults of workers."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.live import Live


@contextmanager
def frozen_worker(live: Live) -> Iterator[None]:
    """A worker that pauses for a while, and then continues."""
    worker = live.worker
    assert worker is not None
    worker.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        worker.send_signal(signal.SIGCONT)
