"""Exports of a chat: JSON with every branch, or Markdown of the shown branch for reading."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from conversations.json import Json, conversation_row_json
from conversations.models import WITH_IMAGES, Conversation, Message
from conversations.selectors import shown_messages
from generations.models import Generation
from generations.output.export import Export, file_name, one_line
from generations.output.json import stored_generation_json
from images.json import image_json, image_lines
from providers.selectors import model_label, provider_info


def export(conversation: Conversation, kind: str) -> Export:
    """Return the conversation as a file of one of ``KINDS``."""
    suffix, content_type, write = KINDS[kind]
    name = file_name(conversation.title, conversation.created_at, suffix, default="chat")
    return Export(name, content_type, write(conversation))


def conversation_tree_json(conversation: Conversation) -> Json:
    """Return a conversation with all its branches, in 2 queries.

    Every message comes after its parent, and siblings have the order in which they were created.
    """
    rows = Message.objects.filter(conversation=conversation).select_related("generation").order_by("pk")
    messages = list(rows.prefetch_related(WITH_IMAGES))
    public_ids = {message.pk: str(message.public_id) for message in messages}
    newest = next(reversed(public_ids.values()), None)
    return {
        **conversation_row_json(conversation),
        "system": conversation.system,
        "parameters": conversation.parameters,
        "fallback": conversation.fallback,
        "leaf_id": public_ids.get(conversation.leaf_id or 0, newest),
        "messages": [_message_json(message, public_ids) for message in messages],
    }


def _message_json(message: Message, public_ids: dict[int, str]) -> Json:
    json: Json = {
        "id": str(message.public_id),
        "parent_id": None if message.parent_id is None else public_ids[message.parent_id],
        "role": message.role,
        "created_at": message.created_at.isoformat(),
    }
    if message.generation is None:
        return {**json, "text": message.text, "images": [image_json(image) for image in message.images]}
    json |= {"omitted": message.omitted, "omitted_images": message.omitted_images}
    return {**json, "answer": stored_generation_json(message.generation)}


def _json(conversation: Conversation) -> bytes:
    tree = conversation_tree_json(conversation)
    return orjson.dumps(tree, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _markdown(conversation: Conversation) -> bytes:
    parts = [f"# {one_line(conversation.title) or 'Chat'}", f"{conversation.created_at:%d %B %Y, %H:%M} UTC"]
    if conversation.system:
        parts += ["## System prompt", conversation.system]
    for shown in shown_messages(conversation):
        message = shown.message
        parts += _prompt(message) if message.generation is None else _answer(message.generation)
    return ("\n\n".join(parts) + "\n").encode()


def _prompt(message: Message) -> list[str]:
    return ["## You", message.text, *image_lines(message.images)]


def _answer(generation: Generation) -> list[str]:
    label = one_line(model_label(generation.provider, generation.model))
    if generation.answered_by:
        label += f", answered by {one_line(generation.answered_by)} in its place"
    paragraphs = (generation.text, f"*{generation.error}*" if generation.error else "")
    return [f"## {label} ({provider_info(generation.provider).label})", *filter(None, paragraphs)]


KINDS: dict[str, tuple[str, str, Callable[[Conversation], bytes]]] = {
    "json": ("json", "application/json", _json),
    "markdown": ("md", "text/markdown; charset=utf-8", _markdown),
}
