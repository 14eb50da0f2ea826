"""Chats as the API shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conversations.models import Conversation, Message
from conversations.selectors import Placed
from generations.models import Generation
from generations.output.json import usage_json
from images.json import image_json
from providers.model_ref import model_ref_json

Json = dict[str, Any]


def conversation_row_json(conversation: Conversation) -> Json:
    """A conversation in a list."""
    return {
        "id": str(conversation.public_id),
        "title": conversation.title,
        "provider": conversation.provider,
        "model": conversation.model,
        "created_at": conversation.created_at.isoformat(),
        "updated_at": conversation.updated_at.isoformat(),
    }


def conversation_json(conversation: Conversation, placed: Iterable[Placed]) -> Json:
    """A conversation with the branch that it shows; ``branches`` of a message are the ids that it can be exchanged
    for, itself included."""
    return {
        **conversation_row_json(conversation),
        "system": conversation.system,
        "parameters": conversation.parameters,
        "fallback": model_ref_json(conversation.fallback),
        "messages": [{**message_json(each.message), "branches": list(map(str, each.branches))} for each in placed],
    }


def message_json(message: Message) -> Json:
    """One message; an answer with all that is known of it."""
    parent = message.parent
    told: Json = {
        "id": str(message.public_id),
        "parent_id": None if parent is None else str(parent.public_id),
        "role": message.role,
        "text": message.text,
        "images": [image_json(image) for image in message.images],
        "created_at": message.created_at.isoformat(),
    }
    if message.generation is not None:
        told |= answer_json(message.generation)
        told |= {"omitted": message.omitted, "omitted_images": message.omitted_images}
    return told


def answer_json(generation: Generation) -> Json:
    """An answer in whatever state it is."""
    told: Json = {
        "text": generation.text,
        "provider": generation.provider,
        "model": generation.model,
        "status": generation.status,
        "reasoning": generation.reasoning,
        "usage": usage_json(generation),
    }
    if generation.error_code:
        told |= {"code": generation.error_code, "error": generation.error, "retryable": generation.retryable}
    return told
