"""Queries for a user's chats and their messages. Candidates of comparisons are conversations, but not chats."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import User
from conversations.message_tree import MessageTree, message_tree
from conversations.models import WITH_IMAGES, Conversation, Message, MessageImage
from core.errors import NotFound
from generations.models import IS_OPEN, Generation
from images.models import Image

MISSING = "There is no such conversation, or it is not yours."
MESSAGE_MISSING = "There is no such message in this conversation."


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message of the shown branch, and the ids of its branches: itself and its siblings, oldest first."""

    message: Message
    branches: Sequence[uuid.UUID]


def user_conversation(user: User, public_id: uuid.UUID) -> Conversation:
    """Return the user's chat; raises NotFound, also for another user's chat."""
    chat = _chats(user).select_related("user", "leaf__generation").filter(public_id=public_id).first()
    if chat is None:
        raise NotFound(MISSING)
    return chat


def discarded_conversations(user: User) -> QuerySet[Conversation]:
    """Return the user's chats that were deleted in a way that can still be undone."""
    return Conversation.objects.filter(user=user, kind=Conversation.Kind.CHAT).exclude(discarded_at=None)


def user_conversations(user: User, search: str = "") -> QuerySet[Conversation]:
    """Return the user's chats without their settings, the one used last first; ``search`` looks for a text in titles
    and messages."""
    chats = _chats(user).defer("system", "parameters").order_by("-updated_at", "-pk")
    if search:
        matching = Message.objects.filter(conversation=OuterRef("pk")).filter(
            Q(text__icontains=search) | Q(generation__text__icontains=search)
        )
        chats = chats.filter(Q(title__icontains=search) | Exists(matching))
    return chats


def _chats(user: User) -> QuerySet[Conversation]:
    return Conversation.objects.filter(user=user, kind=Conversation.Kind.CHAT, discarded_at=None, incomplete_since=None)


def conversation_message(conversation: Conversation, public_id: uuid.UUID, role: str = "") -> Message:
    """Return a message of a conversation, of this role if one is given; raises NotFound."""
    messages = conversation.messages.select_related("parent", "generation__current_run")
    message = messages.filter(public_id=public_id, **({"role": role} if role else {})).first()
    if message is None:
        raise NotFound(MESSAGE_MISSING)
    return message


def answer_of(generation: Generation) -> Message:
    """Return the message whose text this generation writes; raises Message.DoesNotExist."""
    return Message.objects.select_related("parent", "conversation").get(generation=generation)


def run_images(runs: Sequence[int]) -> dict[int, list[Image]]:
    """Return the images of the prompts that runs answer, by run; all slots of a run have the images of the first."""
    images: dict[int, list[Image]] = defaultdict(list)
    attached = MessageImage.objects.filter(
        message__children__generation__run__in=runs, message__children__generation__index=0
    )
    rows = attached.order_by("message", "position").annotate(run=F("message__children__generation__run"))
    for row in rows.select_related("image"):
        images[row.run].append(row.image)
    return dict(images)


def shown_messages(
    conversation: Conversation, *, last: int | None = None, before: uuid.UUID | None = None
) -> list[ShownMessage]:
    """Return the shown branch in order; 4 queries for any length.

    ``before`` ends it in front of that message; ``last`` limits it to so many messages from its end.
    """
    tree = message_tree(conversation)
    path = tree.path(conversation.leaf_id)
    if before is not None:
        end = conversation.messages.filter(public_id=before).values_list("pk", flat=True).first()
        path = path[: path.index(end)] if end in path else []
    return _with_branches(tree, path if last is None else path[-last:])


def _with_branches(tree: MessageTree, path: Sequence[int]) -> list[ShownMessage]:
    branches = {key: tree.branches(key) for key in path}
    all_keys = {key for keys in branches.values() for key in keys}
    public_ids = dict(Message.objects.filter(pk__in=all_keys).values_list("pk", "public_id"))
    messages = (
        Message.objects.select_related("generation", "parent").defer("parent__text").prefetch_related(WITH_IMAGES)
    ).in_bulk(path)
    return [ShownMessage(messages[key], [public_ids[each] for each in branches[key]]) for key in path]


def open_answer(conversation: Conversation) -> Generation | None:
    """Return the answer of a conversation that is queued or running, if any."""
    return Generation.objects.filter(IS_OPEN, message__conversation=conversation).first()
