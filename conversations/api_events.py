"""The JSON of a chat's events, as docs/api.md describes it."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from conversations.json import Json
from conversations.models import Conversation, Message
from conversations.selectors import answer_of
from core.async_db import in_thread
from generations.log.event_log import EntryId
from generations.log.events import Adjusted, Delta, Done, Ended, Event, Reset, Started
from generations.models import Generation
from generations.output.api_feed import FeedEvent, feed
from generations.output.json import failure_json, usage_json
from generations.selectors import RunState


def conversation_feed(
    conversation: Conversation,
    *,
    state: RunState | None = None,
    message: Message | None = None,
    after: EntryId | None = None,
    deltas: bool = True,
) -> AsyncGenerator[FeedEvent, None]:
    """Yield a chat's events from the start of ``state``, or after the entry ``after``, until it is deleted.

    Without ``deltas`` an answer is sent complete, at its end. A caller that knows the ``message`` of ``state`` saves a
    query.
    """
    return feed(_Serializer(conversation, message), conversation.topic, state=state, after=after, deltas=deltas)


class _Serializer:
    def __init__(self, conversation: Conversation, message: Message | None) -> None:
        self._id = str(conversation.public_id)
        self._messages: dict[int, Message] = {}
        if message is not None and message.generation_id is not None:
            self._messages[message.generation_id] = message
        self._silent = False

    async def serialize(self, event: Event) -> Json | None:
        """Return the event's JSON.

        The end of an answer has none of its own, because the end of its run follows at once. It yields the text only if
        no part of it was streamed.
        """
        if isinstance(event, Delta | Reset):
            self._silent = False
        match event:
            case Started(state):
                self._silent = True
                return {"start": True, **await self._ids(state)}
            case Adjusted(adjustments=adjustments):
                return {"adjusted": adjustments}
            case Delta(channel="text", text=text):
                return {"content": text}
            case Delta(text=text):
                return {"reasoning": text}
            case Reset(text=text):
                return {"reset": text}
            case Ended(_, generation) if self._silent:
                return _complete_text(generation)
            case Done(state):
                return {**_end_json(state.generations[0]), **await self._ids(state)}
        return None

    async def serialize_queued(self, generation: Generation, position: int) -> Json | None:
        return {"queued": True, "place": position}

    async def _ids(self, state: RunState) -> Json:
        generation = state.generations[0]
        if generation.pk not in self._messages:
            self._messages[generation.pk] = await in_thread(answer_of, generation)
        return {"conversation_id": self._id, "message_id": str(self._messages[generation.pk].public_id)}


def _complete_text(generation: Generation) -> Json | None:
    """Return the reasoning and text of an answer that was not streamed."""
    texts = {"reasoning": generation.reasoning, "content": generation.text}
    return {name: text for name, text in texts.items() if text} or None


def _end_json(generation: Generation) -> Json:
    """Return ``done`` or ``error`` without the ids."""
    if generation.status == Generation.Status.COMPLETED:
        return {"done": True, "usage": usage_json(generation)}
    return failure_json(generation)
