"""The JSON of chats in the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conversations.models import Conversation, Message
from conversations.selectors import ShownMessage
from generations.models import Generation
from generations.output.json import error_json, usage_json
from images.json import image_json
from providers.model_ref import model_ref_json

Json = dict[str, Any]


def conversation_row_json(conversation: Conversation) -> Json:
    """Return the JSON of a conversation in a list."""
    return {
        "id": str(conversation.public_id),
        "title": conversation.title,
        "provider": conversation.provider,
        "model": conversation.model,
        "created_at": conversation.created_at.isoformat(),
        "updated_at": conversation.updated_at.isoformat(),
    }


def conversation_json(conversation: Conversation, messages: Iterable[ShownMessage]) -> Json:
    """Return the JSON of a conversation with its shown branch.

    ``branches`` of a message are the ids of its siblings and its own, oldest first.
    """
    return {
        **conversation_row_json(conversation),
        "system": conversation.system,
        "parameters": conversation.parameters,
        "fallback": model_ref_json(conversation.fallback),
        "messages": [{**message_json(each.message), "branches": list(map(str, each.branches))} for each in messages],
    }


def message_json(message: Message) -> Json:
    """Return the JSON of one message; an answer includes its state and figures."""
    parent = message.parent
    json: Json = {
        "id": str(message.public_id),
        "parent_id": None if parent is None else str(parent.public_id),
        "role": message.role,
        "text": message.text,
        "images": [image_json(image) for image in message.images],
        "created_at": message.created_at.isoformat(),
    }
    if message.generation is not None:
        json |= answer_json(message.generation)
        json |= {"omitted": message.omitted, "omitted_images": message.omitted_images}
    return json


def answer_json(generation: Generation) -> Json:
    """Return the JSON of an answer in any state; an error is included only if there is one."""
    return {
        "text": generation.text,
        "provider": generation.provider,
        "model": generation.model,
        "status": generation.status,
        "reasoning": generation.reasoning,
        "usage": usage_json(generation),
        **error_json(generation),
    }
