"""Start a whole LLMSelect beside stand-in vendors, measure it, and print one table."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.bench import long_chat, overlap, page_load, stop_delay
from tests.bench.figures import Figure, table
from tests.bench.load import growth, rounds
from tests.fake_providers import StandIn
from tests.support.live import Live
from tests.support.servers import Servers

PARTS = ("load", "growth", "pages")


def main() -> int:
    """Measure the load, the growth with the number of streams, and the pages, or what BENCH_ONLY names; return 0 if
    nothing was lost."""
    peers, only = "--peers" in sys.argv, os.environ.get("BENCH_ONLY", "")
    if only not in {"", *PARTS}:
        raise SystemExit(f"BENCH_ONLY may be {', '.join(PARTS)}, or nothing for all of them.")
    parts = [only] if only else PARTS[: 2 if peers else None]
    status = rounds.run(peers=peers) if "load" in parts else 0
    if "growth" in parts:
        sizes = growth.measure()
        print(growth.table(sizes))
        status = status or int(any(size.faults for size in sizes))
    if "pages" in parts:
        _measure_pages()
    return status


def _measure_pages() -> None:
    with tempfile.TemporaryDirectory(prefix="llmselect-bench-") as folder, StandIn() as vendors:
        servers = Servers(Path(folder))
        os.environ.update(servers.start("postgresql"))
        live = Live(servers, vendors, name="bench")
        try:
            live.start()
            parts = (overlap, stop_delay, page_load, long_chat)
            figures: list[Figure] = [figure for part in parts for figure in part.measure(live, vendors)]
        finally:
            live.stop()
            servers.stop()
    print(table(figures))


if __name__ == "__main__":
    raise SystemExit(main())
