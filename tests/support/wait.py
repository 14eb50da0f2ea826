"""A wait for something that another process does."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(condition: Callable[[], object], sentence: str, seconds: float = 30) -> None:
    """Check again and again until the condition holds; raises TimeoutError with the sentence."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{sentence} (waited {seconds:.0f} s)")
        time.sleep(0.02)
