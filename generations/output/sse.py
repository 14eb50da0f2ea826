"""Server-sent events of a run, and the resume point of a client that reconnects."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from core.async_db import in_thread
from core.errors import InvalidInput
from core.redis_clients import loop_client
from generations.log import event_log
from generations.log.event_log import EntryId
from generations.output.api_feed import FeedEvent
from generations.selectors import RunState, latest_run_state

KEEP_ALIVE = 15.0
"""Seconds of silence after which a comment is sent, so that proxies keep the connection open."""
SYNTHETIC_EPOCH = 0
"""The epoch of ids that are not from a log: sequence 0 means "from the start", a run's id "all of that run"."""


def event_stream(events: AsyncGenerator[FeedEvent, None], run_id: int) -> StreamingHttpResponse:
    """Return a response that sends events until the run is done."""
    return stream_response(_frames(events, run_id))


def stream_response(frames: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """Return a response of server-sent events that caches and proxies do not buffer."""
    response = StreamingHttpResponse(frames, content_type="text/event-stream")
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response


def html_frame(html: str) -> bytes:
    """Return a frame with HTML, or a comment that keeps the connection open if ``html`` is empty."""
    if not html:
        return b": keep-alive\n\n"
    lines = html.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "".join(f"data: {line}\n" for line in lines).encode() + b"\n"


async def _frames(events: AsyncGenerator[FeedEvent, None], run_id: int) -> AsyncIterator[bytes]:
    sent_at = time.monotonic()
    last = EntryId(SYNTHETIC_EPOCH, 0)
    async with aclosing(events):
        async for event in events:
            if event.json is not None:
                last = event.id or (EntryId(SYNTHETIC_EPOCH, run_id) if event.ends_run == run_id else last)
                yield b"id: %s\ndata: %s\n\n" % (str(last).encode(), orjson.dumps(event.json))
                sent_at = time.monotonic()
            elif time.monotonic() - sent_at >= KEEP_ALIVE:
                yield b": keep-alive\n\n"
                sent_at = time.monotonic()
            if event.ends_run == run_id:
                return


async def resumed_stream(
    request: HttpRequest, topic: str, stream: Callable[[RunState, EntryId | None], HttpResponseBase]
) -> HttpResponseBase:
    """Return ``stream`` of a topic's latest run from the client's resume point, 204 if it lacks no part of that run.

    Raises InvalidInput if the client sent a malformed id.
    """
    state = await in_thread(latest_run_state, topic)
    if state is None:
        return HttpResponse(status=204)
    incomplete, after = await _resume_point(request, topic, state)
    return stream(state, after) if incomplete else HttpResponse(status=204)


async def _resume_point(request: HttpRequest, topic: str, state: RunState) -> tuple[bool, EntryId | None]:
    """Return True if the client lacks a part of the run, and the id after which to go on (None: from its start)."""
    after = _last_event_id(request)
    if after is None or state.run.ended_at is None:
        return True, None if after is not None and after.epoch == SYNTHETIC_EPOCH else after
    if after.epoch == SYNTHETIC_EPOCH:
        return after.seq != state.run.pk, None
    log = await event_log.read(loop_client(), topic, after)
    return log.epoch != after.epoch or bool(log.entries), after


def _last_event_id(request: HttpRequest) -> EntryId | None:
    text = request.headers.get("Last-Event-ID") or request.GET.get("after")
    if not text:
        return None
    try:
        return EntryId.parse(text)
    except ValueError as error:
        sentence = "This is not an event id. Send the last id that you received, or none."
        raise InvalidInput(sentence, fields={"after": [sentence]}) from error
