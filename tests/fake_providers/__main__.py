"""``python -m tests.fake_providers --port 9000``: the stand-in vendors as a process of their own."""

from __future__ import annotations

import argparse
import signal
import threading

from tests.fake_providers.server import StandIn


def main() -> None:
    """Serve until SIGINT or SIGTERM; print the URL once the port is open."""
    parser = argparse.ArgumentParser(prog="python -m tests.fake_providers")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with StandIn(host=options.host, port=options.port) as vendors:
        print(vendors.url, flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
