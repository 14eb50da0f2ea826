"""Limits for the bodies of requests: how large one may be, by its route and caller, and how slowly it may arrive.

    64 kB       from anybody, at any URL
    2 MB        at a URL that exists, from a caller who is signed in
    UPLOADS     at these routes, from a caller who is signed in

Django keeps a body in memory or on disk before it authenticates the sender, so without these limits anyone could fill
both, or hold a connection for as long as they like.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import orjson
from django.conf import settings
from django.urls import Resolver404, resolve

from accounts.authentication import SIGN_IN_FIRST, is_signed_in
from core.errors import UNAVAILABLE_ERRORS, NotSignedIn, RequestError, TooLarge, TooSlow, unavailable
from images.fields import MAX_IMAGES

KB, MB = 1024, 1024 * 1024
SMALL = 64 * KB
"""Bytes that anybody may send: more than any form of a visitor has."""
PATIENCE = 30.0
"""Seconds that a body may be waited for, besides the time that its size takes at ``LEAST_RATE``."""
LEAST_RATE = 8 * KB
"""Bytes a second: a tenth of a bad mobile connection."""
LINGER = 5.0
"""Seconds in which a refused client may notice that. If the connection were closed while it sends, it would receive a
reset instead of the response."""

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Handler = Callable[[Any, Receive, Send], Awaitable[None]]


def _image() -> int:
    return int(settings.MAX_IMAGE_MB) * MB


def _form_with_images() -> int:
    return MAX_IMAGES * _image()


def _archive() -> int:
    return int(settings.MAX_ARCHIVE_MB) * MB


UPLOADS: dict[str, Callable[[], int]] = {
    "images_api:image-create": _image,
    "account_data_api:archive": _archive,
    "account_data:archive-import": _archive,
    "comparisons:compare": _form_with_images,
    "comparisons:turn-create": _form_with_images,
    "conversations:chat-start": _form_with_images,
    "conversations:message-send": _form_with_images,
}
"""The routes that receive files, and the bytes of their files; the rest of a form may be as large as any body."""


async def handle_within_limit(handler: Handler, scope: Any, receive: Receive, send: Send) -> None:
    """Handle the request, or refuse it as soon as its body is known to be too large, or is too slow."""
    body = _Body(scope, receive)
    if await body.admits(_content_length(scope)):
        await handler(scope, body.receive, send)
    if body.refusal is not None:
        await _refuse(body.refusal, receive, send)


class _Body:
    """The body of one request on its way to the application. ``refusal`` says why the rest of it is not received."""

    def __init__(self, scope: Any, receive: Receive) -> None:
        self.refusal: RequestError | None = None
        self._scope, self._receive = scope, receive
        self._received, self._limit = 0, SMALL
        self._patience, self._complete = PATIENCE, False

    async def admits(self, size: int) -> bool:
        """Return True if the body may have ``size`` bytes; looks for the caller only if it is more than ``SMALL``."""
        if size <= self._limit:
            return True
        try:
            limit = _largest(self._scope)
            if size > limit:
                amount = f"{limit // MB} MB" if limit >= MB else f"{limit // KB} kB"
                raise TooLarge(f"Nothing larger than {amount} can be sent here.")
            if self._limit < limit and not await is_signed_in(self._scope):
                raise NotSignedIn(SIGN_IN_FIRST)
            self._limit = limit
        except RequestError as error:
            self.refusal = error
        except UNAVAILABLE_ERRORS as error:
            self.refusal = unavailable(error)
        return self.refusal is None

    async def receive(self) -> Any:
        """Receive the next message. After a refusal Django is let go as if the client had disconnected."""
        if self._complete:
            return await self._receive()
        message = await self._next()
        if message is None or not await self.admits(self._received):
            return {"type": "http.disconnect"}
        return message

    async def _next(self) -> Any:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            async with asyncio.timeout(self._patience):
                message = await self._receive()
        except TimeoutError:
            self.refusal = TooSlow("The request did not arrive in time. Try again on a better connection.")
            return None
        size = len(message.get("body", b""))
        self._received += size
        self._patience += size / LEAST_RATE - (loop.time() - begun)
        self._complete = not message.get("more_body", False)
        return message


def _largest(scope: Any) -> int:
    """Return the size of the largest body that this route accepts from anybody."""
    try:
        match = scope.get("match") or resolve(scope["path"])
    except Resolver404:
        return SMALL
    files = UPLOADS.get(match.view_name, int)
    return files() + int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _content_length(scope: Any) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


async def _refuse(error: RequestError, receive: Receive, send: Send) -> None:
    """Send the whole response, drop what the client still sends for a while, and have the connection closed."""
    content = orjson.dumps(error.body())
    headers = {
        **error.headers(),
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
        "Connection": "close",
    }
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": encoded})
    await send({"type": "http.response.body", "body": content, "more_body": True})
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER):
            while (await receive()).get("more_body", False):
                pass
    await send({"type": "http.response.body", "body": b""})
