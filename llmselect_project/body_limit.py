"""The size limit for the bodies of all requests: the largest body that any view accepts.

Django writes a body to disk before it authenticates the sender, so without this limit anyone could fill the disk.
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


async def handle_within_limit(handler: Handler, scope: Any, receive: Receive, send: Send) -> None:
    """Handle the request, or refuse it as soon as its body is known to be too large."""
    limit, received = _largest_body(), 0

    async def receive_counted() -> Any:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        # Django stops reading, as if the client had disconnected.
        return {"type": "http.disconnect"} if received > limit else message

    if _content_length(scope) <= limit:
        await handler(scope, receive_counted, send)
    if _content_length(scope) > limit or received > limit:
        await _refuse(limit, send)


def _largest_body() -> int:
    """Return the size of the largest allowed body: an archive, or a form with the allowed number of images."""
    largest: int = max(settings.MAX_ARCHIVE_MB, MAX_IMAGES * settings.MAX_IMAGE_MB)
    return largest * MB + int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _content_length(scope: Any) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


async def _refuse(limit: int, send: Send) -> None:
    error = TooLarge(f"Nothing larger than {limit // MB} MB can be sent here.")
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(error.body())})
