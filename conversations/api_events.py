"""What happens in a chat, told in the events of the public contract."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from conversations.json import Json
from conversations.models import Conversation
from conversations.selectors import answer_of
from core.async_db import in_thread
from generations.log.event_log import EntryId
from generations.log.events import Delta, Done, Ended, Event, Reset, Started
from generations.models import Generation
from generations.output.api_feed import Told, tell
from generations.output.json import usage_json
from generations.selectors import RunState


def tell_conversation(
    conversation: Conversation, *, state: RunState | None = None, after: EntryId | None = None, deltas: bool = True
) -> AsyncGenerator[Told, None]:
    """A chat's events from the start of ``state``, or behind ``after``, until it is deleted.

    Without ``deltas`` answers are told whole, at their end.
    """
    return tell(_Teller(conversation), conversation.topic, state=state, after=after, deltas=deltas)


class _Teller:
    def __init__(self, conversation: Conversation) -> None:
        self._id = str(conversation.public_id)
        self._silent = False

    async def tell(self, event: Event) -> Json | None:
        """The event's JSON; an answer's end is told with its run's, which follows at once."""
        if isinstance(event, Delta | Reset):
            self._silent = False
        match event:
            case Started(state):
                self._silent = True
                return {"start": True, **await self._ids(state)}
            case Delta(channel="text", text=text):
                return {"content": text}
            case Delta(text=text):
                return {"reasoning": text}
            case Reset(text=text):
                return {"reset": text}
            case Ended(_, generation) if self._silent:
                return _whole(generation)
            case Done(state):
                return {**_end_json(state.generations[0]), **await self._ids(state)}
        return None

    async def wait(self, generation: Generation, place: int) -> Json | None:
        return {"queued": True, "place": place}

    async def _ids(self, state: RunState) -> Json:
        message = await in_thread(answer_of, state.generations[0])
        return {"conversation_id": self._id, "message_id": str(message.public_id)}


def _whole(generation: Generation) -> Json | None:
    """An answer that is told at its end alone."""
    told = {"reasoning": generation.reasoning, "content": generation.text}
    return {name: text for name, text in told.items() if text} or None


def _end_json(generation: Generation) -> Json:
    """``done`` or ``error``, without the ids."""
    if generation.status == Generation.Status.COMPLETED:
        return {"done": True, "usage": usage_json(generation)}
    return {"error": generation.error, "code": generation.error_code, "retryable": generation.retryable}
