"""Start a whole LLMSelect beside stand-in vendors, measure it, and print one table."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.bench import long_chat, overlap, page_load, stop_delay
from tests.bench.figures import Figure, table
from tests.fake_providers import StandIn
from tests.support.live import Live
from tests.support.servers import Servers


def main() -> None:
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
    main()
