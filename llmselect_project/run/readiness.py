"""The URL of the first page, and a check that it responds."""

from __future__ import annotations

import asyncio

TIMEOUT = 60.0
PAGE = "/accounts/login/"
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def page_url(host: str, port: int) -> str:
    """Return the URL under which a browser on this computer finds the page."""
    host = WILDCARDS.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def page_responds(host: str, port: int) -> bool:
    """Wait until the page responds without a server error; return False if it does not within a minute."""
    try:
        async with asyncio.timeout(TIMEOUT):
            while True:
                status = await _status(WILDCARDS.get(host, host), port)
                if 0 < status < 500:
                    return True
                # A process that does not listen yet may do so any moment; a server error lasts longer.
                await asyncio.sleep(1 if status else 0.05)
    except TimeoutError:
        return False


async def _status(host: str, port: int) -> int:
    """Return the status of the page, 0 if nothing listens."""
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return 0
    try:
        writer.write(f"GET {PAGE} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        words = (await reader.readline()).split()
        return int(words[1]) if len(words) > 1 else 0
    except OSError:
        return 0
    finally:
        writer.close()
