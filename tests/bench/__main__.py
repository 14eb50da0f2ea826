"""Start a whole LLMSelect beside stand-in vendors, measure, and print one table."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.bench import long_chat, overlap, reading, stopping
from tests.bench.figures import Figure, table
from tests.support.live import Live
from tests.support.servers import Servers
from tests.wire import StandIn


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="llmselect-bench-") as folder, StandIn() as vendors:
        servers = Servers(Path(folder))
        os.environ.update(servers.start("postgresql"))
        live = Live(servers, vendors, name="bench")
        try:
            live.start()
            parts = (overlap, stopping, reading, long_chat)
            figures: list[Figure] = [figure for part in parts for figure in part.measure(live, vendors)]
        finally:
            live.stop()
            servers.stop()
    print(table(figures))


if __name__ == "__main__":
    main()
