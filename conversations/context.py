"""What a model is told of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from conversations.models import Conversation
from conversations.models import Message as StoredMessage
from generations.stored_request import decode_parameters
from generations.tokens import IMAGE_TOKENS, estimate_tokens
from providers.adapters.base import Image, Message, Request
from providers.capabilities import is_text_only
from providers.prices import context_window

MARGIN = 1.15
"""By how much a vendor's count of tokens may exceed our estimate."""
ANSWER_SHARE = 4
"""A request without a limit leaves this part of the context window to the answer, but no more than MOST_FOR_ANSWER."""
MOST_FOR_ANSWER = 8192


@dataclass(frozen=True, slots=True)
class Question:
    """A request, how many of the oldest messages it leaves out because they do not fit, and how many images of the
    others because the model cannot see them."""

    request: Request
    omitted: int
    omitted_images: int


def question(conversation: Conversation, path: Iterable[StoredMessage]) -> Question:
    """What asks a conversation's model for its answer to ``path``: messages in order, with their generations."""
    messages = [_told(message) for message in path]
    kept = _fitting(conversation, messages)
    hidden = 0
    if is_text_only(conversation.model):
        hidden = sum(len(message.images) for message in kept)
        kept = [replace(message, images=()) for message in kept]
    request = Request(
        model=conversation.model,
        messages=_merged(kept),
        system=conversation.system,
        parameters=decode_parameters(conversation.parameters),
    )
    return Question(request, len(messages) - len(kept), hidden)


def _told(message: StoredMessage) -> Message:
    if message.generation is not None:
        return Message("assistant", message.generation.text)
    return Message("user", message.text, tuple(Image(str(image.public_id)) for image in message.images))


def _fitting(conversation: Conversation, messages: Sequence[Message]) -> Sequence[Message]:
    """As many of the newest as fit beside the system prompt and the answer, always the last, from a prompt on."""
    window = context_window(conversation.provider, conversation.model)
    if window is None:
        return messages
    limit = conversation.parameters.get("max_tokens") or min(window // ANSWER_SHARE, MOST_FOR_ANSWER)
    room = (window - limit) / MARGIN - estimate_tokens(conversation.system)
    first = len(messages)
    while first and (room := room - _tokens(messages[first - 1])) >= 0:
        first -= 1
    while first < len(messages) - 1 and messages[first].role != "user":
        first += 1
    return messages[min(first, len(messages) - 1) :]


def _tokens(message: Message) -> int:
    return estimate_tokens(message.text) + IMAGE_TOKENS * len(message.images)


def _merged(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Without empty answers, and with what one side then says twice in one message: vendors want alternating roles."""
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
