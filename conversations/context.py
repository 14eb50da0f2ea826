"""The request that a conversation's model is sent: as much of the history as it can take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from conversations.models import Conversation
from conversations.models import Message as StoredMessage
from generations.stored_request import decode_parameters
from generations.tokens import IMAGE_TOKENS, estimate_tokens
from images.models import Image as StoredImage
from providers.adapters.base import UNLISTED, Image, ListedModel, Message, Request
from providers.adapters.capabilities import capabilities_of
from providers.prices import context_window

MARGIN = 1.15
"""The factor by which a vendor's count of tokens may exceed our estimate."""
ANSWER_SHARE = 4
"""Without ``max_tokens``, one part in so many of the context window is kept free for the answer."""
MAX_ANSWER_ROOM = 8192
"""The most tokens that are kept free in this way."""


@dataclass(frozen=True, slots=True)
class ContextRequest:
    """A request and what it leaves out.

    ``omitted`` counts the oldest messages, which do not fit; ``omitted_images`` counts the images of the other messages
    if the model cannot see them.
    """

    request: Request
    omitted: int
    omitted_images: int


def build_request(
    conversation: Conversation, messages: Sequence[Message], listed: ListedModel = UNLISTED
) -> ContextRequest:
    """Return the request that asks a conversation's model to answer the last of ``messages``, which begin with the
    first. ``listed`` is what its provider states about the model."""
    fitting = _newest_that_fit(conversation, messages, listed.context_window)
    omitted_images = 0
    if capabilities_of(conversation.model, listed.capabilities).images is False:
        omitted_images = sum(len(message.images) for message in fitting)
        fitting = [replace(message, images=()) for message in fitting]
    request = Request(
        model=conversation.model,
        messages=_merge_roles(fitting),
        system=conversation.system,
        parameters=decode_parameters(conversation.parameters),
        listed=listed,
    )
    return ContextRequest(request, len(messages) - len(fitting), omitted_images)


def sent_message(message: StoredMessage) -> Message:
    """Return a stored message, with its generation and its images, as a model is sent it."""
    if message.generation is not None:
        return Message("assistant", message.generation.text)
    return sent_prompt(message.text, message.images)


def sent_prompt(text: str, images: Iterable[StoredImage]) -> Message:
    return Message("user", text, tuple(Image(str(image.public_id)) for image in images))


def _newest_that_fit(
    conversation: Conversation, messages: Sequence[Message], listed_window: int | None
) -> Sequence[Message]:
    """Return the newest messages that fit into the context window beside the system prompt and the answer.

    They begin with a prompt; the last message is always among them.
    """
    window = listed_window or context_window(conversation.provider, conversation.model)
    if window is None:
        return messages
    answer_room = conversation.parameters.get("max_tokens") or min(window // ANSWER_SHARE, MAX_ANSWER_ROOM)
    room = (window - answer_room) / MARGIN - estimate_tokens(conversation.system)
    first = len(messages)
    while first and (room := room - _tokens(messages[first - 1])) >= 0:
        first -= 1
    while first < len(messages) - 1 and messages[first].role != "user":
        first += 1
    return messages[min(first, len(messages) - 1) :]


def _tokens(message: Message) -> int:
    return estimate_tokens(message.text) + IMAGE_TOKENS * len(message.images)


def _merge_roles(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Drop empty messages and join neighbors of the same role, because vendors require alternating roles."""
    merged: list[Message] = []
    for message in messages:
        if not message.text.strip():
            continue
        if merged and merged[-1].role == message.role:
            last = merged[-1]
            merged[-1] = Message(message.role, f"{last.text}\n\n{message.text}", (*last.images, *message.images))
        else:
            merged.append(message)
    return tuple(merged)
