"""Chats as their pages show them: what templates are given of messages and of the list."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conversations.models import Conversation, Message
from conversations.selectors import Placed
from generations.models import Generation
from generations.output.answer_view import ShownAnswer, answer_mark, shown_answer
from images.models import Image


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message; ``answer`` is None for a prompt. ``number`` counts it among its ``branches`` from 1 on, ``previous``
    and ``next`` are the ids of those beside it."""

    id: uuid.UUID
    text: str
    answer: ShownAnswer | None
    images: Sequence[Image]
    omitted: int
    omitted_images: int
    number: int
    branches: int
    previous: uuid.UUID | None
    next: uuid.UUID | None

    @property
    def running(self) -> bool:
        return self.answer is not None and self.answer.status in Generation.OPEN


def shown(placed: Iterable[Placed]) -> list[ShownMessage]:
    """Messages for the page, with every answer rendered: call it from a thread."""
    return [_shown(each.message, list(each.branches)) for each in placed]


def _shown(message: Message, branches: list[uuid.UUID]) -> ShownMessage:
    place = branches.index(message.public_id)
    return ShownMessage(
        id=message.public_id,
        text=message.text,
        answer=None if message.generation is None else shown_answer(message.generation),
        images=message.images,
        omitted=message.omitted,
        omitted_images=message.omitted_images,
        number=place + 1,
        branches=len(branches),
        previous=branches[place - 1] if place else None,
        next=branches[place + 1] if place + 1 < len(branches) else None,
    )


def page_mark(conversation: Conversation) -> str:
    """What a page shows, for its stream and for a look at what is new: the last message, and how it stands."""
    leaf = Message.objects.select_related("generation").filter(pk=conversation.leaf_id or 0).first()
    generation = None if leaf is None else leaf.generation
    return f"{conversation.leaf_id or 0}-{'' if generation is None else answer_mark(generation)}"
