"""What a model is told of a conversation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conversations.models import Conversation
from conversations.models import Message as StoredMessage
from providers.adapters.base import Message, Parameters, Request


def request_for(conversation: Conversation, history: Iterable[StoredMessage], prompt: str) -> Request:
    """The request that asks ``prompt`` behind ``history`` (in order, with their generations)."""
    return Request(
        model=conversation.model,
        messages=_merged([*map(_told, history), Message("user", prompt)]),
        system=conversation.system,
        parameters=parameters_from(conversation.parameters),
    )


def parameters_from(stored: dict[str, Any]) -> Parameters:
    """Parameters as they are kept in JSON."""
    return Parameters(**{**stored, "stop": tuple(stored.get("stop", ()))})


def _told(message: StoredMessage) -> Message:
    if message.generation is not None:
        return Message("assistant", message.generation.text)
    return Message("user", message.text)


def _merged(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Without empty answers, and with what one side then says twice in one message: vendors want alternating roles."""
    merged: list[Message] = []
    for message in messages:
        if not message.text.strip():
            continue
        if merged and merged[-1].role == message.role:
            merged[-1] = Message(message.role, f"{merged[-1].text}\n\n{message.text}")
        else:
            merged.append(message)
    return tuple(merged)
