"""Comparisons over server-sent events, and the blocking call: asynchronous views that hold no database connection."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from functools import wraps
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import ValidationError

from accounts.authentication import authenticated_user
from accounts.bodies import json_object
from accounts.errors import InvalidInput, NotAllowed, NotFound, RequestError, error_response, validation_error
from accounts.models import User
from comparisons.events import Told, tell
from comparisons.models import Comparison
from comparisons.presentation import comparison_json
from comparisons.requests import compare_request, turn_prompt
from comparisons.selectors import MISSING, turn_states, user_comparison
from comparisons.services import StartedTurn, start_comparison, start_turn
from generations import event_log
from generations.connections import loop_client
from generations.event_log import EntryId
from generations.selectors import RunState, latest_run_state
from generations.watching import in_thread

KEEP_ALIVE = 15.0
MADE_UP_EPOCH = 0
"""The epoch of ids that no log gave: seq 0 means "from the start", a run's number "all of that run"."""

View = Callable[..., Coroutine[Any, Any, HttpResponseBase]]


def api_view(*methods: str) -> Callable[[View], View]:
    """A plain asynchronous API view: authenticated by our one authenticator, refusing in the API's one shape."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        async def checked(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            if request.method not in methods:
                return error_response(NotAllowed(f"Use {' or '.join(methods)} here."))
            try:
                return await view(request, await authenticated_user(request), **kwargs)
            except RequestError as error:
                return error_response(error)
            except ValidationError as error:
                return error_response(validation_error(error))
            finally:
                await sync_to_async(connections.close_all)()

        return checked

    return decorate


@api_view("POST")
async def compare_stream(request: HttpRequest, user: User) -> HttpResponseBase:
    """Start a comparison and stream it until it is done."""
    started = await _start(user, json_object(request))
    return _stream(user, started.comparison, state=started.state)


@api_view("POST")
async def compare(request: HttpRequest, user: User) -> HttpResponseBase:
    """Start a comparison and answer with it once it is done; with ``"stream": true`` stream it."""
    body = json_object(request)
    started = await _start(user, body)
    if body.get("stream") is True:
        return _stream(user, started.comparison, state=started.state)
    return await _finished(started)


@api_view("POST")
async def turn_create(request: HttpRequest, user: User, public_id: uuid.UUID) -> HttpResponseBase:
    """Put the next prompt to every slot; ``?stream=true`` streams, else the finished comparison is the answer."""
    prompt = turn_prompt(json_object(request))
    comparison = await in_thread(user_comparison, user, public_id)
    started = await in_thread(start_turn, comparison=comparison, prompt=prompt)
    if request.GET.get("stream", "").lower() in {"1", "true"}:
        return _stream(user, comparison, state=started.state)
    return await _finished(started)


@api_view("GET")
async def comparison_stream(request: HttpRequest, user: User, public_id: uuid.UUID) -> HttpResponseBase:
    """Join or resume the latest run; 204 where the caller has all of it, which ends a browser's EventSource."""
    after = _last_event_id(request)
    comparison = await in_thread(user_comparison, user, public_id)
    state = await in_thread(latest_run_state, comparison.topic)
    if state is None or await _has_all(comparison, state, after):
        return HttpResponse(status=204)
    if after is not None and after.epoch == MADE_UP_EPOCH:
        after = None
    return _stream(user, comparison, state=state, after=after)


async def _start(user: User, body: dict[str, Any]) -> StartedTurn:
    return await in_thread(lambda: start_comparison(user=user, request=compare_request(body)))


async def _finished(started: StartedTurn) -> JsonResponse:
    async with aclosing(tell(started.comparison, state=started.state, deltas=False)) as events:
        async for told in events:
            if told.ends_run == started.state.run.pk:
                break
        else:
            raise NotFound(MISSING)
    states = await in_thread(turn_states, started.comparison)
    return JsonResponse(comparison_json(started.comparison, states))


def _stream(
    user: User,
    comparison: Comparison,
    *,
    state: RunState,
    after: EntryId | None = None,
) -> StreamingHttpResponse:
    """Server-sent events from the start of a run, or behind ``after``, until that run is done."""
    deltas = settings.STREAMING and user.streaming
    events = tell(comparison, state=state if after is None else None, after=after, deltas=deltas)
    response = StreamingHttpResponse(_frames(events, state.run.pk), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response


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


async def _has_all(comparison: Comparison, state: RunState, after: EntryId | None) -> bool:
    """Whether nothing is left to tell a caller who comes back with ``after``."""
    if after is None or state.run.ended_at is None:
        return False
    if after.epoch == MADE_UP_EPOCH:
        return after.seq == state.run.pk
    log = await event_log.read(loop_client(), comparison.topic, after)
    return log.epoch == after.epoch and not log.entries


def _last_event_id(request: HttpRequest) -> EntryId | None:
    given = request.headers.get("Last-Event-ID") or request.GET.get("after")
    if not given:
        return None
    try:
        return EntryId.parse(given)
    except ValueError as error:
        sentence = "This is no id of an event. Send the last id that you received, or none."
        raise InvalidInput(sentence, fields={"after": [sentence]}) from error
