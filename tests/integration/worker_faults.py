"""Faults of workers."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.live import Live


@contextmanager
def frozen_worker(live: Live) -> Iterator[None]:
    """Pause the worker's process during the block."""
    worker = live.worker
    assert worker is not None
    worker.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        worker.send_signal(signal.SIGCONT)
