"""Answers of comparisons over HTTP, streamed or complete: asynchronous views that hold no database connection."""

from __future__ import annotations

import uuid
from functools import partial

from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from drf_spectacular.utils import extend_schema

from accounts.decorators import api_view
from accounts.models import User
from comparisons.api_events import comparison_feed
from comparisons.json import comparison_json
from comparisons.models import Comparison, Turn
from comparisons.schemas import (
    EXAMPLE,
    CompareSerializer,
    StreamSerializer,
    TurnSerializer,
    compare_request,
    turn_request,
    wants_stream,
)
from comparisons.selectors import MISSING, user_comparison
from comparisons.serializers import ComparisonSerializer
from comparisons.services import StartedTurn, start_comparison, start_turn
from core.api.openapi import NOTHING_LEFT, RESUME_POINT, refusals, stream_of
from core.api.parsers import json_object
from core.async_db import in_thread
from core.errors import NotFound
from generations.log.event_log import EntryId
from generations.output.api_feed import wait_for_end
from generations.output.sse import event_stream, resumed_stream
from generations.selectors import RunState

EVENTS = (
    "Events, each with an `id:` and one line of JSON as `data:`, whose `event` says what it is: `start`, `queued`, "
    "`chunk`, `reasoning`, `reset`, one `complete` or `error` for each slot, and `done` at the end."
)


def _start(request: HttpRequest, user: User) -> StartedTurn:
    return start_comparison(user=user, request=compare_request(json_object(request)))


def _start_turn(request: HttpRequest, user: User, public_id: uuid.UUID) -> tuple[StartedTurn, bool]:
    """Return the turn, and whether it is to be streamed."""
    checked, streamed = turn_request(json_object(request)), wants_stream(request.GET)
    return start_turn(comparison=user_comparison(user, public_id), request=checked), streamed


def _comparison(_request: HttpRequest, user: User, public_id: uuid.UUID) -> Comparison:
    return user_comparison(user, public_id)


@extend_schema(
    operation_id="compare_stream",
    request=CompareSerializer,
    responses={**stream_of(EVENTS), **refusals(404, 409, 429, 503)},
    examples=[EXAMPLE],
)
@api_view("POST", first=_start)
async def compare_stream(_request: HttpRequest, user: User, started: StartedTurn) -> HttpResponseBase:
    """Start a comparison and stream it until all answers have ended."""
    return _stream(user, started.comparison, started.state, turn=started.turn)


@extend_schema(
    operation_id="compare",
    request=CompareSerializer,
    responses={
        (200, "application/json"): ComparisonSerializer,
        **stream_of(EVENTS),
        **refusals(404, 409, 429, 503),
    },
    examples=[EXAMPLE],
)
@api_view("POST", first=_start)
async def compare(request: HttpRequest, user: User, started: StartedTurn) -> HttpResponseBase:
    """Start a comparison and return it once all answers have ended; with ``"stream": true`` stream it."""
    if json_object(request).get("stream") is True:
        return _stream(user, started.comparison, started.state, turn=started.turn)
    return await _ended_response(started)


@extend_schema(
    operation_id="turns_create",
    parameters=[StreamSerializer],
    request=TurnSerializer,
    responses={(200, "application/json"): ComparisonSerializer, **stream_of(EVENTS), **refusals(409, 429, 503)},
)
@api_view("POST", first=_start_turn)
async def turn_create(_request: HttpRequest, user: User, result: tuple[StartedTurn, bool]) -> HttpResponseBase:
    """Send the next prompt to all models and return the comparison once they have answered.

    With ``?stream=true`` stream the answers.
    """
    started, streamed = result
    if streamed:
        return _stream(user, started.comparison, started.state, turn=started.turn)
    return await _ended_response(started)


@extend_schema(
    operation_id="comparisons_stream",
    parameters=RESUME_POINT,
    responses={**stream_of(EVENTS), 204: NOTHING_LEFT, **refusals(503)},
)
@api_view("GET", first=_comparison)
async def comparison_stream(request: HttpRequest, user: User, comparison: Comparison) -> HttpResponseBase:
    """Join or resume the stream of the latest run.

    Returns 204 if the client has all of it already, which ends a browser's EventSource.
    """
    return await resumed_stream(request, comparison.topic, partial(_stream, user, comparison))


async def _ended_response(started: StartedTurn) -> JsonResponse:
    if not await wait_for_end(started.comparison.topic, started.state):
        raise NotFound(MISSING)
    return JsonResponse(await in_thread(comparison_json, started.comparison))


def _stream(
    user: User,
    comparison: Comparison,
    state: RunState,
    after: EntryId | None = None,
    *,
    turn: Turn | None = None,
) -> StreamingHttpResponse:
    """Return server-sent events from the start of a run, or after the entry ``after``, until the run is closed."""
    deltas, start = user.receives_streams, state if after is None else None
    events = comparison_feed(comparison, state=start, turn=turn, after=after, deltas=deltas)
    return event_stream(events, state.run.pk)
