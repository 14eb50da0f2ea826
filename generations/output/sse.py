"""A run over server-sent events, and where a reader goes on who comes back."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import orjson
from django.http import HttpRequest, StreamingHttpResponse

from core.errors import InvalidInput
from core.redis_clients import loop_client
from generations.log import event_log
from generations.log.event_log import EntryId
from generations.output.api_feed import Told
from generations.selectors import RunState

KEEP_ALIVE = 15.0
MADE_UP_EPOCH = 0
"""The epoch of ids that no log gave: seq 0 means "from the start", a run's number "all of that run"."""


def event_stream(events: AsyncGenerator[Told, None], run_id: int) -> StreamingHttpResponse:
    """A response that sends events until the run is done."""
    return stream_response(_frames(events, run_id))


def stream_response(frames: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """Server-sent events that no cache or proxy may hold back."""
    response = StreamingHttpResponse(frames, content_type="text/event-stream")
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response


def html_frame(html: str) -> bytes:
    """A message of HTML; a comment, which keeps the connection alive, where there is none."""
    if not html:
        return b": keep-alive\n\n"
    lines = html.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "".join(f"data: {line}\n" for line in lines).encode() + b"\n"


async def _frames(events: AsyncGenerator[Told, None], run_id: int) -> AsyncIterator[bytes]:
    """Frames until the run is done; a comment where it has been silent for a while."""
    spoken = time.monotonic()
    last = EntryId(MADE_UP_EPOCH, 0)
    async with aclosing(events):
        async for told in events:
            if told.json is not None:
                last = told.id or (EntryId(MADE_UP_EPOCH, run_id) if told.ends_run == run_id else last)
                yield b"id: %s\ndata: %s\n\n" % (str(last).encode(), orjson.dumps(told.json))
                spoken = time.monotonic()
            elif time.monotonic() - spoken >= KEEP_ALIVE:
                yield b": keep-alive\n\n"
                spoken = time.monotonic()
            if told.ends_run == run_id:
                return


async def place_to_resume(request: HttpRequest, topic: str, state: RunState) -> tuple[bool, EntryId | None]:
    """Whether anything is left to tell the caller, and behind which id; None means from the run's start.

    Raises InvalidInput for what is no id.
    """
    after = _last_event_id(request)
    if after is None or state.run.ended_at is None:
        return True, None if after is not None and after.epoch == MADE_UP_EPOCH else after
    if after.epoch == MADE_UP_EPOCH:
        return after.seq != state.run.pk, None
    log = await event_log.read(loop_client(), topic, after)
    return log.epoch != after.epoch or bool(log.entries), after


def _last_event_id(request: HttpRequest) -> EntryId | None:
    given = request.headers.get("Last-Event-ID") or request.GET.get("after")
    if not given:
        return None
    try:
        return EntryId.parse(given)
    except ValueError as error:
        sentence = "This is no id of an event. Send the last id that you received, or none."
        raise InvalidInput(sentence, fields={"after": [sentence]}) from error
