"""One worker with more and more streams, which send the same number of chunks together: what a chunk then costs."""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tests.bench.load.loads import Load
from tests.bench.load.report import faults
from tests.bench.load.targets import LLMSelect, Provider
from tests.support.text_columns import in_columns

SIZES = (1, 10, 100, 300, 1000)
CHUNKS_A_SECOND = 1000
STARTS_A_SECOND = 25
WINDOW = 15.0
"""Seconds in which all streams run and are measured."""
PLACES = "1300"


class Size(NamedTuple):
    """The cost of a thousand chunks with so many streams, in milliseconds of CPU, and the memory at the end, in MB."""

    streams: int
    cpu: float
    memory: float
    delay: float
    faults: int


def measure() -> list[Size]:
    """Measure all sizes on SQLite, with a worker that has a place for every stream."""
    with tempfile.TemporaryDirectory(prefix="llmselect-bench-") as folder, ExitStack() as stack:
        provider = Provider()
        stack.callback(provider.stop)
        target = LLMSelect(Path(folder) / "growth", "growth", provider, more={"WORKER_CONCURRENCY": PLACES})
        stack.callback(target.stop)
        target.put(Load("warm up", 20, 10, 20, 10), provider)
        return [_measure(target, provider, streams) for streams in SIZES]


def table(sizes: list[Size]) -> str:
    rows = [("streams", "CPU a 1000 chunks", "chunk delay p95", "memory", "bad")]
    rows += [(f"{s.streams}", f"{s.cpu:.0f}", f"{s.delay:.0f}", f"{s.memory:.0f}", f"{s.faults}") for s in sizes]
    return "\n".join(in_columns(rows))


def _measure(target: LLMSelect, provider: Provider, streams: int) -> Size:
    begun = streams / STARTS_A_SECOND + 2
    interval = 1000 * streams // CHUNKS_A_SECOND
    chunks = round((begun + WINDOW + 2) * 1000 / interval)
    load = Load(f"{streams} streams", streams, STARTS_A_SECOND, chunks, interval)
    with ThreadPoolExecutor(1) as client:
        putting = client.submit(target.put, load, provider)
        time.sleep(begun)
        before, began = target.cpu(), time.monotonic()
        time.sleep(WINDOW)
        used, seconds, memory = target.cpu() - before, time.monotonic() - began, sum(target.memory().values())
        result = putting.result()
    thousands = seconds * streams / interval
    return Size(streams, used / thousands, memory, result["delay"]["p95"], faults(result))
