"""Reading chats: what is a user's own, and nothing else. A comparison's columns are not chats."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import User
from conversations.message_tree import Thread, thread
from conversations.models import WITH_IMAGES, Conversation, Message, MessageImage
from core.errors import NotFound
from generations.models import Generation
from images.models import Image

MISSING = "There is no such conversation, or it is not yours."
MESSAGE_MISSING = "There is no such message in this conversation."


@dataclass(frozen=True, slots=True)
class Placed:
    """A message of the shown branch, with what stands beside it, itself included, oldest first."""

    message: Message
    branches: Sequence[uuid.UUID]


def user_conversation(user: User, public_id: uuid.UUID) -> Conversation:
    """The user's chat; raises NotFound for anybody else's, too."""
    chat = _chats(user).select_related("user", "leaf__generation").filter(public_id=public_id).first()
    if chat is None:
        raise NotFound(MISSING)
    return chat


def user_conversations(user: User, search: str = "") -> QuerySet[Conversation]:
    """The user's chats, the one that was used last first; ``search`` looks into titles and messages."""
    found = _chats(user).order_by("-updated_at", "-pk")
    if search:
        said = Message.objects.filter(conversation=OuterRef("pk")).filter(
            Q(text__icontains=search) | Q(generation__text__icontains=search)
        )
        found = found.filter(Q(title__icontains=search) | Exists(said))
    return found


def _chats(user: User) -> QuerySet[Conversation]:
    return Conversation.objects.filter(user=user, kind=Conversation.Kind.CHAT, discarded_at=None)


def conversation_message(conversation: Conversation, public_id: uuid.UUID, role: str = "") -> Message:
    """A message of a conversation, of one role where that matters; raises NotFound."""
    messages = conversation.messages.select_related("parent", "generation__current_run")
    message = messages.filter(public_id=public_id, **({"role": role} if role else {})).first()
    if message is None:
        raise NotFound(MESSAGE_MISSING)
    return message


def answer_of(generation: Generation) -> Message:
    """The message that a generation writes; raises Message.DoesNotExist."""
    return Message.objects.select_related("parent", "conversation").get(generation=generation)


def run_images(runs: Sequence[int]) -> dict[int, list[Image]]:
    """The images of the prompts that runs answer, by the run; those of its first slot, for all have the same."""
    images: dict[int, list[Image]] = defaultdict(list)
    placed = MessageImage.objects.filter(
        message__children__generation__run__in=runs, message__children__generation__index=0
    )
    rows = placed.order_by("message", "position").annotate(run=F("message__children__generation__run"))
    for row in rows.select_related("image"):
        images[row.run].append(row.image)
    return dict(images)


def shown_messages(
    conversation: Conversation, *, last: int | None = None, before: uuid.UUID | None = None
) -> list[Placed]:
    """The shown branch in order, or only its ``last`` messages (of those before one of them): 4 queries, whatever the
    conversation's length."""
    tree = thread(conversation)
    path = tree.path(conversation.leaf_id)
    if before is not None:
        edge = conversation.messages.filter(public_id=before).values_list("pk", flat=True).first()
        path = path[: path.index(edge)] if edge in path else []
    return _placed(tree, path if last is None else path[-last:])


def _placed(tree: Thread, path: Sequence[int]) -> list[Placed]:
    beside = {key: tree.branches(key) for key in path}
    names = dict(
        Message.objects.filter(pk__in={key for keys in beside.values() for key in keys}).values_list("pk", "public_id")
    )
    messages = (
        Message.objects.select_related("generation", "parent").defer("parent__text").prefetch_related(WITH_IMAGES)
    ).in_bulk(path)
    return [Placed(messages[key], [names[each] for each in beside[key]]) for key in path]


def open_answer(conversation: Conversation) -> Generation | None:
    """What is being written in a conversation."""
    return Generation.objects.filter(message__conversation=conversation, status__in=Generation.OPEN).first()
