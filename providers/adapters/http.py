"""The pooled HTTP clients of one event loop, and the streaming request that all adapters use.

No key is kept here: keys are only in the headers of each request, and there is no cookie jar.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

from core.shares import Share
from providers.adapters.base import Adjustment, ErrorCode, NothingThere, ProviderError, Target
from providers.adapters.error_words import MAX_WORDS
from providers.adapters.errors import MAX_TEXT, connection_failure, error_in, failure, frame_failure, response_failure
from providers.adapters.loose_json import Frame, frames_of
from providers.adapters.proxies import environment_proxy
from providers.adapters.refusals import Change, KnownRefusals, change_for, may_be_corrected, refused_settings
from providers.adapters.sse import DONE, EventTooLongError, SseDecoder
from providers.adapters.ssrf import connector

logger = logging.getLogger(__name__)

PIECE = 2 * 1024
"""Bytes of a stream that are read in one step; between two steps other streams have their turn."""
MAX_STEP = 0.002
"""Seconds of work after which other streams have their turn."""
MAX_BAD_FRAMES = 100
"""Frames that are no JSON object after which a stream that had nothing else is given up."""
# A request, and four more that each have another change that a refusal asked for.
MAX_ATTEMPTS = 5
ERROR_BODY_SECONDS = 10
# The rest of a finished stream has usually arrived together with its end mark.
DRAIN_SECONDS = 0.05
# From this size on, aiohttp warns that sending a body in one piece blocks the loop.
LARGE_BODY = 1024 * 1024
USER_AGENT = "LLMSelect"
# A compressed stream arrives late, since the compressor waits until a block is full.
STREAM_HEADERS = {"Content-Type": "application/json", "Accept": "text/event-stream", "Accept-Encoding": "identity"}

END: Frame = {}
"""The frame, recognized by its identity, for ``[DONE]``, which says that the stream has ended as a whole."""


@dataclass(frozen=True, slots=True)
class Call:
    """One streaming request: its path below the base URL, headers, and JSON body, which is emptied once it was
    accepted.

    ``optional`` has the fields that may be left out of the body if the vendor refuses them, each with a pattern for its
    name in a refusal (see ``refusals.py``). Nothing follows a frame whose type is one of ``last_types``.
    ``adjustments`` says which settings the body does not have as they were asked for. ``text_limit`` is the limit of
    tokens to send if there is no room for the thinking that the body's own limit includes.
    """

    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: dict[str, Any]
    optional: Mapping[str, str] = field(default_factory=dict)
    last_types: frozenset[str] = frozenset()
    adjustments: tuple[Adjustment, ...] = ()
    text_limit: int | None = None


@dataclass(slots=True)
class TakenRequests:
    """The number of requests that a vendor has taken, and will bill, whatever becomes of the answer."""

    count: int = 0


OnAccepted = Callable[[Sequence[Adjustment]], None]


def _ignore(*_: object) -> None:
    pass


class HttpClients:
    """Two connection pools for one event loop: one for URLs that the operator set, one for users' URLs.

    Use as ``async with await HttpClients.open(connect_timeout=10) as clients``, or call ``close`` at the end.
    """

    def __init__(
        self,
        unguarded: aiohttp.ClientSession,
        guarded: aiohttp.ClientSession,
        refusals: KnownRefusals,
        on_accepted: OnAccepted = _ignore,
        on_received: Callable[[], None] = _ignore,
        share: Share | None = None,
        taken: TakenRequests | None = None,
    ) -> None:
        self._unguarded = unguarded
        self._guarded = guarded
        self._refusals = refusals
        self._on_accepted = on_accepted
        self._on_received = on_received
        self._share = share
        self._taken = taken or TakenRequests()

    @classmethod
    async def open(cls, connect_timeout: float) -> Self:
        """Create the pools for the running loop. The timeout is for connecting only, TLS included, in seconds."""
        timeout = aiohttp.ClientTimeout(total=None, connect=connect_timeout, sock_connect=connect_timeout)
        return cls(_session(timeout, guarded=False), _session(timeout, guarded=True), KnownRefusals())

    def calling(
        self,
        *,
        on_accepted: OnAccepted | None = None,
        on_received: Callable[[], None] | None = None,
        share: Share | None = None,
        taken: TakenRequests | None = None,
    ) -> HttpClients:
        """Return the same pools for one answer, with callbacks for the moment at which the provider has accepted its
        request, with the settings that were changed for it, and for each moment at which bytes of its stream arrive.

        The time that it takes to read the stream comes out of ``share``. ``taken`` counts the requests.
        """
        return HttpClients(
            self._unguarded,
            self._guarded,
            self._refusals,
            on_accepted or self._on_accepted,
            on_received or self._on_received,
            share or self._share,
            taken or self._taken,
        )

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

    def lacks(self, target: Target, path: str) -> bool:
        """Return True if this server has said that it does not have the path."""
        return self._refusals.lacks(target, path)

    def request(self, target: Target, method: str, url: str, **options: Any) -> Any:
        """Return aiohttp's request, to be awaited or entered; only those to the operator's own URLs go through a proxy
        from the environment. It follows no redirect."""
        proxy = None if target.guarded else environment_proxy(target.base_url)
        return self.session(target).request(method, url, proxy=proxy, allow_redirects=False, **options)

    async def frames(self, target: Target, call: Call) -> AsyncGenerator[Frame, None]:
        """Post the body and yield each JSON object of the event stream, and ``END`` for its end mark.

        A response that is one JSON object instead of a stream is yielded as such. Raises ProviderError, also for an
        error that the vendor sends inside the stream. Closing the iterator before its end closes the connection at
        once.
        """
        response, adjustments = await self._accepted_response(target, call)
        self._on_accepted(adjustments)
        try:
            async for frame in _frames(target, response, call.last_types, self._on_received, _Steps(self._share)):
                yield frame
        except (aiohttp.ClientError, OSError, TimeoutError) as exc:
            raise _stream_cut(target, exc) from exc
        finally:
            # Only a connection without unread bytes can go back to the pool.
            if response.content.at_eof():
                response.release()
            else:
                response.close()

    async def _accepted_response(
        self, target: Target, call: Call
    ) -> tuple[aiohttp.ClientResponse, Sequence[Adjustment]]:
        """Return the first good response, after the changes that refusals ask for, and the settings that were changed;
        raises ProviderError."""
        model = f"{call.path} {call.body.get('model')}"
        body = self._refusals.change(call.body, call.optional, call.text_limit, target, model)
        changes: list[Change] = []
        try:
            for _ in range(MAX_ATTEMPTS):
                taken = self._taken.count
                response = await self._post(target, call, body)
                if response.status == 200 and not response.content_type.endswith("html"):
                    self._refusals.note_accepted(target, model, changes)
                    return response, refused_settings(target, call.adjustments, call.body, body)
                text = await _body(response)
                if response.status == 200:
                    raise _unreadable(target, f"a page: {text[:2000].decode(errors='replace')}")
                self._taken.count = taken
                error = response_failure(target, response.status, response.headers, text)
                refusal = text[:MAX_WORDS].decode(errors="replace")
                if not may_be_corrected(response.status, refusal):
                    refusal = ""
                change = change_for(body, call.optional, call.text_limit, refusal)
                if change is None:
                    if isinstance(error, NothingThere):
                        self._refusals.note_missing(target, call.path)
                    break
                logger.info("%s refused a parameter, sending a changed request: %s", target.label, error.detail)
                changes.append(change)
                body = change.body
            raise error
        finally:
            # A stream lasts minutes, an error is kept for a while, and the images in a request are many megabytes.
            body.clear()
            call.body.clear()

    async def _post(self, target: Target, call: Call, body: dict[str, Any]) -> aiohttp.ClientResponse:
        url = target.base_url.rstrip("/") + call.path
        headers = target.with_own_headers({**STREAM_HEADERS, **call.headers})
        data, taken = orjson.dumps(body), self._taken.count
        options = {"headers": headers, "trace_request_ctx": self._taken}
        response: aiohttp.ClientResponse
        try:
            try:
                response = await self.request(target, "POST", url, data=_payload(data), **options)
            except aiohttp.ServerDisconnectedError:
                # The server had just closed this pooled connection, so it never saw the request.
                self._taken.count = taken
                response = await self.request(target, "POST", url, data=_payload(data), **options)
            return response
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as exc:
            self._taken.count = taken
            raise connection_failure(target, exc) from exc


def _payload(data: bytes) -> bytes | BytesIO:
    """Return a large body as a file, which is sent in pieces, so that other streams continue meanwhile."""
    return BytesIO(data) if len(data) > LARGE_BODY else data


def _session(timeout: aiohttp.ClientTimeout, *, guarded: bool) -> aiohttp.ClientSession:
    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(_count_taken)
    return aiohttp.ClientSession(
        trace_configs=[trace],
        connector=connector(guarded=guarded),
        timeout=timeout,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": USER_AGENT},
        read_bufsize=256 * 1024,
    )


class _Steps:
    """The work for one stream on the loop, in steps between which other streams have their turn."""

    def __init__(self, share: Share | None) -> None:
        self._share = share
        self._began = 0.0

    def begin(self) -> None:
        self._began = time.thread_time()

    async def end(self) -> None:
        """Let others have their turn if the work since ``begin`` took long, or if its user has had more than a share;
        begin again."""
        taken = time.thread_time() - self._began
        pause = 0.0
        if self._share is not None:
            self._share.spend(taken)
            pause = self._share.pause
        if pause or taken > MAX_STEP:
            await asyncio.sleep(pause)
        self.begin()


async def _count_taken(_session: aiohttp.ClientSession, context: Any, _parameters: Any) -> None:
    """Count a request once it has left: from then on the vendor may have it, also if nobody waits for the response."""
    taken = context.trace_request_ctx
    if isinstance(taken, TakenRequests):
        taken.count += 1


async def _frames(
    target: Target,
    response: aiohttp.ClientResponse,
    last_types: frozenset[str],
    on_received: Callable[[], None],
    steps: _Steps,
) -> AsyncGenerator[Frame, None]:
    events = _Events(target)
    chunk = b"-"
    while chunk:
        chunk = await _next_chunk(response.content)
        on_received()
        steps.begin()
        for piece in _pieces(chunk):
            for frame in events.frames(piece):
                yield frame
                if frame is END or (last_types and frame.get("type") in last_types):
                    await _drain(response)
                    return
            await steps.end()


class _Events:
    """The events of one stream, and the frames that they consist of."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._decoder = SseDecoder()
        self._good = self._bad = 0

    def frames(self, piece: bytes) -> Iterator[Frame]:
        """Yield the frames that a piece of the stream completes; an empty one is its end. Raises ProviderError."""
        for name, data in self._decoded(piece):
            if data.startswith(DONE):
                yield END
                return
            frames = frames_of(data)
            if frames is None:
                self._note_bad(name, data)
                continue
            for frame in frames:
                error = error_in(name, frame)
                if error:
                    raise frame_failure(self._target, error)
                if name and not isinstance(frame.get("type"), str):
                    frame["type"] = name
                self._good += 1
                yield frame
        if not piece and self._bad:
            self._check_readable()

    def _decoded(self, piece: bytes) -> list[tuple[str, bytes]]:
        try:
            return self._decoder.feed(piece) if piece else self._decoder.close()
        except EventTooLongError as exc:
            raise _unreadable(self._target, "an event in the stream is too long") from exc

    def _note_bad(self, name: str, data: bytes) -> None:
        """Count an event that is no JSON object; raises ProviderError if it is an error, or one of too many."""
        if name == "error":
            raise frame_failure(self._target, data.decode(errors="replace"))
        self._bad += 1
        if self._bad == 1:
            logger.warning("%s sent a frame that is not a JSON object (%d bytes)", self._target.label, len(data))
        if self._bad == MAX_BAD_FRAMES:
            self._check_readable()

    def _check_readable(self) -> None:
        if not self._good:
            raise _unreadable(self._target, f"{self._bad} frames, none of them a JSON object")


def _pieces(chunk: bytes) -> Iterable[bytes]:
    """Return what has arrived in pieces that take little time; an empty one for the end."""
    if len(chunk) <= PIECE:
        return [chunk]
    return (chunk[start : start + PIECE] for start in range(0, len(chunk), PIECE))


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
            return await read_at_most(response, MAX_TEXT)
    except (aiohttp.ClientError, OSError) as exc:
        return f"(no body: {type(exc).__name__})".encode()
    finally:
        response.close()


def _unreadable(target: Target, detail: str) -> ProviderError:
    """Return the error for a response that has status 200 but nothing that can be read."""
    return failure(ErrorCode.UPSTREAM_ERROR, target, f"not an event stream: {detail}", retryable=False)


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
