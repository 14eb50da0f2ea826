"""View models of chats: messages with their answers and branches, as templates receive them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conversations.models import Conversation, Message
from conversations.selectors import ShownMessage
from generations.output.answer_view import AnswerView, answer_mark, answer_view
from images.models import Image


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as a template shows it; ``answer`` is None for a prompt.

    ``number`` is its position among its ``branches``, counted from 1; ``previous`` and ``next`` are the ids of the
    neighboring branches.
    """

    id: uuid.UUID
    text: str
    answer: AnswerView | None
    images: Sequence[Image]
    omitted: int
    omitted_images: int
    number: int
    branches: int
    previous: uuid.UUID | None
    next: uuid.UUID | None

    @property
    def running(self) -> bool:
        return self.answer is not None and self.answer.is_open


def message_views(messages: Iterable[ShownMessage]) -> list[MessageView]:
    """Return messages for a template. It renders every answer, so call it from a thread."""
    return [_view(each.message, list(each.branches)) for each in messages]


def _view(message: Message, branches: list[uuid.UUID]) -> MessageView:
    position = branches.index(message.public_id)
    return MessageView(
        id=message.public_id,
        text=message.text,
        answer=None if message.generation is None else answer_view(message.generation),
        images=message.images,
        omitted=message.omitted,
        omitted_images=message.omitted_images,
        number=position + 1,
        branches=len(branches),
        previous=branches[position - 1] if position else None,
        next=branches[position + 1] if position + 1 < len(branches) else None,
    )


def page_mark(conversation: Conversation) -> str:
    """Return a mark of what a page shows now, which its stream compares: the last message and its answer's state."""
    leaf = Message.objects.select_related("generation").filter(pk=conversation.leaf_id or 0).first()
    generation = None if leaf is None else leaf.generation
    return f"{conversation.leaf_id or 0}-{'' if generation is None else answer_mark(generation)}"
