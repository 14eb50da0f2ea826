"""A limit for the bodies of all requests: the largest that any part accepts.

Django writes a body to disk before it looks at who sent it, so without this anybody could fill the disk.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from django.conf import settings

from core.errors import TooLarge
from images.fields import MAX_IMAGES

MB = 1024 * 1024
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Handler = Callable[[Any, Receive, Send], Awaitable[None]]


async def answer_within_limit(handler: Handler, scope: Any, receive: Receive, send: Send) -> None:
    """Handle the request, or refuse it as soon as its body is known to be too large."""
    limit, taken = _largest_body(), 0

    async def counted() -> Any:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        # For Django this looks as if the client had disconnected.
        return {"type": "http.disconnect"} if taken > limit else message

    if _announced(scope) <= limit:
        await handler(scope, counted, send)
    if _announced(scope) > limit or taken > limit:
        await _refuse(limit, send)


def _largest_body() -> int:
    """Return the size of the largest allowed body: an archive, or a form with the allowed number of images."""
    largest: int = max(settings.MAX_ARCHIVE_MB, MAX_IMAGES * settings.MAX_IMAGE_MB)
    return largest * MB + int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _announced(scope: Any) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


async def _refuse(limit: int, send: Send) -> None:
    error = TooLarge(f"Nothing larger than {limit // MB} MB can be sent here.")
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(error.body())})
