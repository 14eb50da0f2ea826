"""Answers of chats over HTTP, streamed or complete: asynchronous views that hold no database connection."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from functools import partial

from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from drf_spectacular.utils import extend_schema

from accounts.decorators import api_view
from accounts.models import User
from conversations.api_events import conversation_feed
from conversations.json import answer_json
from conversations.live_page import ChatPage
from conversations.models import Conversation, Message
from conversations.schemas import EXAMPLE, ChatSerializer, chat_request
from conversations.selectors import MISSING, user_conversation
from conversations.serializers import ChatAnswerSerializer, FailedChatAnswerSerializer
from conversations.services import StartedAnswer, start_answer
from core.api.openapi import NOTHING_LEFT, RESUME_POINT, refusals, stream_of
from core.api.parsers import json_object
from core.async_db import in_share, in_thread
from core.errors import NotFound
from core.shares import Share
from generations.log.event_log import EntryId
from generations.log.events import Done
from generations.log.replay import follow_events
from generations.models import Generation, Run
from generations.output.api_feed import wait_for_end
from generations.output.batches import batches
from generations.output.live_page import PAGE_SHARES
from generations.output.sse import event_stream, html_frame, resumed_stream, stream_response
from generations.selectors import RunState, run_state

EVENTS = (
    "Events, each with an `id:` and one line of JSON as `data:`: `start`, then `content`, `reasoning` or `reset`, and "
    "`done` or `error` at the end."
)


def _start(request: HttpRequest, user: User) -> StartedAnswer:
    return start_answer(user=user, request=chat_request(json_object(request)))


def _conversation(_request: HttpRequest, user: User, public_id: uuid.UUID) -> Conversation:
    return user_conversation(user, public_id)


@extend_schema(
    operation_id="chat_stream",
    request=ChatSerializer,
    responses={**stream_of(EVENTS), **refusals(404, 409, 429, 503)},
    examples=[EXAMPLE],
)
@api_view("POST", first=_start)
async def chat_stream(_request: HttpRequest, user: User, started: StartedAnswer) -> HttpResponseBase:
    """Send a message and stream the answer."""
    return _stream(user, started.conversation, started.state, message=started.message)


@extend_schema(
    operation_id="chat",
    request=ChatSerializer,
    responses={
        (200, "application/json"): ChatAnswerSerializer,
        **stream_of(EVENTS),
        502: FailedChatAnswerSerializer,
        **refusals(404, 409, 429, 503),
    },
    examples=[EXAMPLE],
)
@api_view("POST", first=_start)
async def chat(request: HttpRequest, user: User, started: StartedAnswer) -> HttpResponseBase:
    """Send a message and return the complete answer; with ``"stream": true`` stream it."""
    if json_object(request).get("stream") is True:
        return _stream(user, started.conversation, started.state, message=started.message)
    if not await wait_for_end(started.conversation.topic, started.state):
        raise NotFound(MISSING)
    state = await in_thread(run_state, started.state.run.pk)
    return _complete_response(started, state.generations[0])


@extend_schema(
    operation_id="conversations_stream",
    parameters=RESUME_POINT,
    responses={**stream_of(EVENTS), 204: NOTHING_LEFT, **refusals(503)},
)
@api_view("GET", first=_conversation)
async def conversation_stream(request: HttpRequest, user: User, conversation: Conversation) -> HttpResponseBase:
    """Join or resume the stream of the latest answer.

    Returns 204 if the client has all of it already, which ends a browser's EventSource.
    """
    return await resumed_stream(request, conversation.topic, partial(_stream, user, conversation))


def _complete_response(started: StartedAnswer, generation: Generation) -> JsonResponse:
    """Return the ended answer; one that did not complete has status 502, an error and the text that had arrived."""
    json = answer_json(generation)
    body = {
        "conversation_id": str(started.conversation.public_id),
        "message_id": str(started.message.public_id),
        "response": json.pop("text"),
        **json,
    }
    if generation.status == Generation.Status.COMPLETED:
        return JsonResponse(body)
    error = {"code": body.pop("code"), "message": body.pop("error")}
    return JsonResponse({"error": error, **body}, status=502)


def _stream(
    user: User,
    conversation: Conversation,
    state: RunState,
    after: EntryId | None = None,
    *,
    message: Message | None = None,
) -> StreamingHttpResponse:
    deltas, start = user.receives_streams, state if after is None else None
    events = conversation_feed(conversation, state=start, message=message, after=after, deltas=deltas)
    return event_stream(events, state.run.pk)


@extend_schema(exclude=True)
@api_view("GET", first=_conversation)
async def page_stream(request: HttpRequest, _user: User, conversation: Conversation) -> HttpResponseBase:
    """Stream HTML fragments to an open chat page until the running answer has ended, then an event ``done``."""
    page = ChatPage(conversation, request.GET.get("shown", ""))
    share = PAGE_SHARES.of(conversation.user_id)
    changed, state = await in_share(share, page.open)
    return stream_response(_fragments(conversation, page, share, changed, state))


async def _fragments(
    conversation: Conversation, page: ChatPage, share: Share, changed: str, state: RunState | None
) -> AsyncIterator[bytes]:
    if changed:
        yield html_frame(changed)
    if state is not None:
        with suppress(Run.DoesNotExist):
            events = follow_events(conversation.topic, states=[state])
            async with aclosing(events), aclosing(batches(events)) as lists:
                async for batch in lists:
                    yield html_frame(await in_share(share, page.render, batch))
                    if any(isinstance(event, Done) for event in batch):
                        break
    yield b"event: done\ndata: \n\n"
