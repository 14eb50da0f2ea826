"""The web process: uvicorn, with limits for its connections, and a main loop that costs an idle process half as much.

``python -m llmselect_project.run.web_server HOST PORT`` serves until it receives SIGINT or SIGTERM.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from functools import partial
from types import FrameType

import uvicorn
from django.conf import settings

from llmselect_project.run.connections import AddressCounts, HttpProtocol, SocketProtocol

LARGEST_MESSAGE = 1024 * 1024
"""The size limit of a frame on a socket, in bytes; a larger one closes the socket with 1009."""
GRACEFUL_SHUTDOWN = 2
"""Seconds for requests that still run at the end."""
TICK = 1.0
"""Seconds between two updates of the Date header."""
FAILED_TO_START = 3


class Server(uvicorn.Server):
    """uvicorn's own main loop asks ten times a second whether it has to end; this one waits for the signal."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._exit = asyncio.Event()

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        # Tick 0 updates the Date header.
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._exit.wait(), TICK)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._exit.set)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "llmselect_project.settings")
    host, port = sys.argv[1:]
    counts = AddressCounts(settings.CONNECTIONS_PER_ADDRESS, trusted=settings.FORWARDED_ALLOW_IPS)
    config = uvicorn.Config(
        "llmselect_project.asgi:application",
        host=host,
        port=int(port),
        loop="uvloop",
        http=partial(HttpProtocol, counts),  # type: ignore[arg-type]
        ws=partial(SocketProtocol, counts),  # type: ignore[arg-type]
        ws_max_size=LARGEST_MESSAGE,
        forwarded_allow_ips=settings.FORWARDED_ALLOW_IPS,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN,
        access_log=False,
        log_level=settings.LOG_LEVEL.lower(),
    )
    server = Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(FAILED_TO_START)


if __name__ == "__main__":
    main()
