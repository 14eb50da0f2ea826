"""The pooled HTTP clients of one event loop, and the streaming request that all adapters use.

No key is kept here: keys are only in the headers of each request, and there is no cookie jar.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import orjson

from providers.adapters.base import ErrorCode, ProviderError, Target
from providers.adapters.errors import connection_failure, failure, frame_failure, response_failure
from providers.adapters.sse import EventTooLongError, SseDecoder
from providers.adapters.ssrf import connector
from providers.adapters.unsupported_parameters import without_refused

logger = logging.getLogger(__name__)

MAX_ERROR_BYTES = 256 * 1024
# A request, and four more that each leave out another refused field.
MAX_ATTEMPTS = 5
ERROR_BODY_SECONDS = 10
# The rest of a finished stream has usually arrived together with its end mark.
DRAIN_SECONDS = 0.05
# From this size on, aiohttp warns that sending a body in one piece blocks the loop.
LARGE_BODY = 1024 * 1024
DONE = b"[DONE]"
USER_AGENT = "LLMSelect"
# A compressed stream arrives late, since the compressor waits until a block is full.
STREAM_HEADERS = {"Content-Type": "application/json", "Accept": "text/event-stream", "Accept-Encoding": "identity"}

Frame = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One streaming request: its path below the base URL, headers, and JSON body, which is emptied once it was
    accepted.

    ``optional`` has the fields that may be left out of the body if the vendor refuses them, each with a pattern for its
    name in a refusal (see ``unsupported_parameters.py``).
    """

    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: dict[str, Any]
    optional: Mapping[str, str] = field(default_factory=dict)


class HttpClients:
    """Two connection pools for one event loop: one for URLs that the operator set, one for users' URLs.

    Use as ``async with await HttpClients.open(connect_timeout=10) as clients``, or call ``close`` at the end.
    """

    def __init__(
        self,
        unguarded: aiohttp.ClientSession,
        guarded: aiohttp.ClientSession,
        on_accepted: Callable[[], None] | None = None,
    ) -> None:
        self._unguarded = unguarded
        self._guarded = guarded
        self._on_accepted = on_accepted

    @classmethod
    async def open(cls, connect_timeout: float) -> Self:
        """Create the pools for the running loop. The timeout is for connecting only, TLS included, in seconds."""
        timeout = aiohttp.ClientTimeout(total=None, connect=connect_timeout, sock_connect=connect_timeout)
        return cls(_session(timeout, guarded=False), _session(timeout, guarded=True))

    def with_callback(self, on_accepted: Callable[[], None]) -> HttpClients:
        """Return the same pools for one answer, with a callback for the moment at which the provider has accepted
        its request."""
        return HttpClients(self._unguarded, self._guarded, on_accepted)

    async def close(self) -> None:
        """Close both pools with all their connections."""
        await asyncio.gather(self._unguarded.close(), self._guarded.close())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def session(self, target: Target) -> aiohttp.ClientSession:
        """Return the pool to use for this target."""
        return self._guarded if target.guarded else self._unguarded

    def request(self, target: Target, method: str, url: str, **options: Any) -> Any:
        """Return aiohttp's request, to be awaited or entered; only those to the operator's own URLs go through a proxy
        from the environment. It follows no redirect."""
        proxy = None if target.guarded else environment_proxy(target.base_url)
        return self.session(target).request(method, url, proxy=proxy, allow_redirects=False, **options)

    async def frames(self, target: Target, call: Call) -> AsyncGenerator[Frame, None]:
        """Post the body and yield each JSON object of the event stream.

        Raises ProviderError, also for an error that the vendor sends inside the stream. Closing the iterator before its
        end closes the connection at once.
        """
        response = await self._accepted_response(target, call)
        if self._on_accepted is not None:
            self._on_accepted()
        try:
            async for frame in _frames(target, response):
                yield frame
        except (aiohttp.ClientError, OSError, TimeoutError) as exc:
            raise _stream_cut(target, exc) from exc
        finally:
            # Only a connection without unread bytes can go back to the pool.
            if response.content.at_eof():
                response.release()
            else:
                response.close()

    async def _accepted_response(self, target: Target, call: Call) -> aiohttp.ClientResponse:
        """Return the first good response, leaving out fields that the vendor refuses; raises ProviderError."""
        body = call.body
        try:
            for _ in range(MAX_ATTEMPTS):
                response = await self._post(target, call, body)
                if response.status == 200 and not response.content_type.endswith(("json", "html")):
                    return response
                text = await _body(response)
                if response.status == 200:
                    raise _no_stream(target, text)
                error = response_failure(target, response.status, response.headers, text)
                refused = error.code is ErrorCode.BAD_REQUEST
                reduced = without_refused(body, call.optional, text.decode(errors="replace")) if refused else None
                if reduced is None:
                    break
                logger.info("%s refused a parameter, sending the request without it: %s", target.label, error.detail)
                body = reduced
            raise error
        finally:
            # A stream lasts minutes, an error is kept for a while, and the images in a request are many megabytes.
            body.clear()
            call.body.clear()

    async def _post(self, target: Target, call: Call, body: dict[str, Any]) -> aiohttp.ClientResponse:
        url = target.base_url.rstrip("/") + call.path
        headers = {**STREAM_HEADERS, **call.headers}
        data = orjson.dumps(body)
        response: aiohttp.ClientResponse
        try:
            try:
                response = await self.request(target, "POST", url, data=_payload(data), headers=headers)
            except aiohttp.ServerDisconnectedError:
                # The server had just closed this pooled connection, so it never saw the request.
                response = await self.request(target, "POST", url, data=_payload(data), headers=headers)
            return response
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as exc:
            raise connection_failure(target, exc) from exc


@lru_cache
def environment_proxy(base_url: str) -> str | None:
    """Return the proxy that the environment names for this URL, None without one.

    aiohttp's ``trust_env`` would ask two threads for it before each request, and take credentials from a .netrc file.
    """
    url = urlsplit(base_url)
    proxy = None if proxy_bypass(url.hostname or "") else getproxies().get(url.scheme)
    if proxy is not None and not proxy.startswith("http://"):
        logger.warning("the proxy of the environment for %s is ignored, since it is not at an http:// URL", url.scheme)
        return None
    return proxy


def _payload(data: bytes) -> bytes | BytesIO:
    """Return a large body as a file, which is sent in pieces, so that other streams continue meanwhile."""
    return BytesIO(data) if len(data) > LARGE_BODY else data


def _session(timeout: aiohttp.ClientTimeout, *, guarded: bool) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector(guarded=guarded),
        timeout=timeout,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": USER_AGENT},
        read_bufsize=256 * 1024,
    )


async def _frames(target: Target, response: aiohttp.ClientResponse) -> AsyncGenerator[Frame, None]:
    decoder = SseDecoder()
    good = bad = 0
    chunks = response.content
    while True:
        chunk = await _next_chunk(chunks)
        try:
            events = decoder.feed(chunk) if chunk else decoder.close()
        except EventTooLongError as exc:
            raise failure(ErrorCode.UPSTREAM_ERROR, target, "an event in the stream is too long") from exc
        for name, data in events:
            if data == DONE:
                await _drain(response)
                return
            frame = _frame(data)
            if frame is None:
                bad += 1
                logger.warning("%s sent a frame that is not a JSON object (%d bytes)", target.label, len(data))
                continue
            if name == "error" or frame.get("error"):
                raise frame_failure(target, frame.get("error") or frame)
            good += 1
            yield frame
        if not chunk:
            break
    if bad and not good:
        raise failure(ErrorCode.UPSTREAM_ERROR, target, f"{bad} frames, none of them a JSON object")


async def _next_chunk(stream: aiohttp.StreamReader) -> bytes:
    """Return what has arrived since the last call, empty at the end.

    If the connection breaks, the bytes that came before are returned first; aiohttp would raise at once.
    """
    error = stream.exception()
    if error is not None:
        stream.set_exception(None)  # type: ignore[arg-type]
        rest = stream.read_nowait()
        stream.set_exception(error)
        if rest:
            return rest
    return await stream.readany()


def _frame(data: bytes) -> Frame | None:
    try:
        frame = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return frame if isinstance(frame, dict) else None


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Read the bytes after the end mark, so that the connection can be reused; wait for them only briefly, since some
    servers keep the stream open."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while await response.content.readany():
                pass


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """Return the beginning of a response that is not a stream."""
    try:
        async with asyncio.timeout(ERROR_BODY_SECONDS):
            return await read_at_most(response, MAX_ERROR_BYTES)
    except (aiohttp.ClientError, OSError) as exc:
        return f"(no body: {type(exc).__name__})".encode()
    finally:
        response.close()


def _no_stream(target: Target, body: bytes) -> ProviderError:
    """Return the error for a response that has status 200 but is not a stream; often its body is an error."""
    frame = _frame(body)
    if frame is not None and frame.get("error"):
        return frame_failure(target, frame["error"])
    return failure(ErrorCode.UPSTREAM_ERROR, target, f"not an event stream: {body[:2000].decode(errors='replace')}")


def _stream_cut(target: Target, exc: Exception) -> ProviderError:
    """Return the error for a connection that failed after the stream had begun."""
    return failure(ErrorCode.STREAM_CUT, target, f"{type(exc).__name__}: {exc}")


async def read_at_most(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return the body, or little more than its first ``limit`` bytes; the rest is left unread.

    aiohttp's own ``read(n)`` returns what has arrived by then, which may be only the beginning of a short body.
    """
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            break
    return bytes(body)
