"""The resources of a process, seen from outside and, if it matters, from inside."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

SIGNAL = signal.SIGRTMIN + 5


def memory(pid: int) -> int:
    """Return the resident bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def tasks(pid: int, folder: Path) -> list[str]:
    """Return the asyncio tasks that run in a process that was started by ``tests.chaos.task_counter``."""
    told = folder / f"{pid}.json"
    told.unlink(missing_ok=True)
    os.kill(pid, SIGNAL)
    deadline = time.monotonic() + 10
    while not told.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {pid} does not count its tasks")
        time.sleep(0.02)
    names: list[str] = json.loads(told.read_text())["tasks"]
    return names


def slope(points: list[tuple[float, float]]) -> float:
    """Return the least-squares slope of y over x; 0 if there is none."""
    if len(points) < 2:
        return 0.0
    x_mean = sum(x for x, _ in points) / len(points)
    y_mean = sum(y for _, y in points) / len(points)
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / spread if spread else 0.0
