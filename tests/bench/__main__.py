"""Start a whole LLMSelect beside stand-in vendors, measure it, and print one table."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.bench import long_chat, overlap, page_load, stop_delay
from tests.bench.figures import Figure, table
from tests.bench.load import rounds
from tests.fake_providers import StandIn
from tests.support.live import Live
from tests.support.servers import Servers


def main() -> int:
    """Measure the load, and then the pages unless BENCH_ONLY=load; return 0 if nothing was lost."""
    only = os.environ.get("BENCH_ONLY", "")
    status = 0 if only == "pages" else rounds.run(peers="--peers" in sys.argv)
    if only != "load" and "--peers" not in sys.argv:
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
