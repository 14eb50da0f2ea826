"""The resources that a process uses, as the kernel counts them, and its asyncio tasks."""

from __future__ import annotations

import json
import os
import signal
import stat
import time
from contextlib import suppress
from pathlib import Path

SIGNAL = signal.SIGRTMIN + 5


def memory(pid: int) -> int:
    """Return the resident memory in bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def deleted_bytes(pid: int) -> int:
    """Return the size of the files that the process has open though they are deleted, which no folder shows."""
    size = 0
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            file = each.stat()
            size += file.st_size if stat.S_ISREG(file.st_mode) and not file.st_nlink else 0
    return size


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tasks(pid: int, folder: Path) -> list[str]:
    """Return the names of the asyncio tasks in a process that ``tests.chaos.task_counter`` started."""
    report = folder / f"{pid}.json"
    report.unlink(missing_ok=True)
    os.kill(pid, SIGNAL)
    deadline = time.monotonic() + 10
    while not report.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {pid} does not count its tasks")
        time.sleep(0.02)
    names: list[str] = json.loads(report.read_text())["tasks"]
    return names


def slope(points: list[tuple[float, float]]) -> float:
    """Return the least-squares slope of y over x; 0 for fewer than two points."""
    if len(points) < 2:
        return 0.0
    x_mean = sum(x for x, _ in points) / len(points)
    y_mean = sum(y for _, y in points) / len(points)
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / spread if spread else 0.0
