"""Reading an answer that is no stream."""

from __future__ import annotations

import aiohttp


async def read_at_most(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body, or its first ``limit`` bytes and a few more; what comes after them is left unread.

    aiohttp's own ``read(n)`` gives what has arrived by then, which of a long list is only the beginning.
    """
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            break
    return bytes(body)
