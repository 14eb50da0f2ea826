"""Import of conversations."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from account_data.imports.generations import read_answer, read_parameters
from account_data.imports.ids import BATCH, new_items, take_free_ids
from account_data.imports.images import ImportedImage, attach_images, referenced_images
from account_data.imports.reader import Part
from accounts.models import User
from conversations.models import Conversation, Message, message_keys
from conversations.schemas import MAX_COPIED_MESSAGES
from conversations.selectors import user_conversations
from generations.fields import TITLE_LENGTH
from generations.models import Generation, Run
from providers import model_ref

ROLES = Message.Role.values


@dataclass(slots=True)
class ImportedConversation:
    """A conversation with its messages, none of them saved yet.

    ``parents`` has the id of each message's parent, ``images`` the images of each prompt.
    """

    conversation: Conversation
    messages: dict[uuid.UUID, Message] = field(default_factory=dict)
    parents: dict[uuid.UUID, uuid.UUID | None] = field(default_factory=dict)
    images: dict[uuid.UUID, list[ImportedImage]] = field(default_factory=dict)
    leaf: uuid.UUID | None = None

    def answers(self) -> list[Generation]:
        return [message.generation for message in self.messages.values() if message.generation is not None]


def read_chat(part: Part, user: User) -> ImportedConversation:
    return read_conversation(part, user, Conversation.Kind.CHAT)


def read_conversation(part: Part, user: User, kind: Conversation.Kind) -> ImportedConversation:
    """Return a conversation of an archive, with its ids from there."""
    conversation = Conversation(
        public_id=part.own_id("conversation"),
        user=user,
        kind=kind,
        title=part.text("title", TITLE_LENGTH),
        provider=part.non_empty("provider", 64),
        model=part.non_empty("model", 200),
        system=part.prompt("system"),
        parameters=read_parameters(part),
        fallback=part.optional("fallback", lambda name: part.text(name, model_ref.MAX_LENGTH), ""),
        created_at=part.timestamp("created_at"),
        updated_at=part.timestamp("updated_at"),
    )
    imported = ImportedConversation(conversation)
    for each in part.parts("messages", MAX_COPIED_MESSAGES):
        _read_message(each, user, imported)
    imported.leaf = part.nullable("leaf_id", part.id)
    if imported.leaf not in imported.messages and (imported.messages or imported.leaf is not None):
        part.refuse("leaf_id", "names none of these messages")
    return imported


def _read_message(part: Part, user: User, imported: ImportedConversation) -> None:
    """Add a message to its conversation. Its parent has to come before it, so there can be no cycle."""
    public_id, role = part.own_id("message"), part.choice("role", ROLES)
    message = Message(
        public_id=public_id, conversation=imported.conversation, role=role, created_at=part.timestamp("created_at")
    )
    parent = part.nullable("parent_id", part.id)
    if parent is not None and parent not in imported.messages:
        part.refuse("parent_id", "names no message before this one in its conversation")
    if role == Message.Role.USER:
        message.text = part.prompt("text")
        imported.images[public_id] = referenced_images(part, "images")
    elif parent is None or imported.messages[parent].role != Message.Role.USER:
        part.refuse("parent_id", "has to name the prompt that this answers")
    else:
        message.omitted = part.integer("omitted")
        message.omitted_images = part.optional("omitted_images", part.integer, 0)
        message.generation = read_answer(part.part("answer"), user)
    imported.messages[public_id], imported.parents[public_id] = message, parent


def save_chats(user: User, chats: Sequence[ImportedConversation]) -> int:
    """Save the chats that the user does not have yet and return their number; call it within a transaction."""
    new = new_items(user, chats, lambda chat: chat.conversation, user_conversations(user))
    save_conversations(user, new)
    return len(new)


def save_conversations(user: User, imported: Sequence[ImportedConversation], runs: Iterable[Run] = ()) -> None:
    """Save conversations whose own ids are final; call it within a transaction.

    ``runs`` are the runs of comparisons, with some of the answers; every other answer gets a run of its own.
    """
    answers = [answer for each in imported for answer in each.answers()]
    messages = [message for each in imported for message in each.messages.values()]
    take_free_ids(Message, messages)
    take_free_ids(Generation, answers)
    conversations = [each.conversation for each in imported]
    create_with_timestamps(Conversation, conversations)
    all_runs = Run.objects.bulk_create([*runs, *_single_runs(imported)], batch_size=BATCH)
    Generation.objects.bulk_create(answers, batch_size=BATCH)
    _link_messages(imported, all_runs[-1] if all_runs else _run_of_nothing(user))
    Message.objects.bulk_create(messages, batch_size=BATCH)
    attach_images(
        user, [(each.messages[public_id], images) for each in imported for public_id, images in each.images.items()]
    )
    Conversation.objects.bulk_update(conversations, ["leaf"], batch_size=BATCH)


def create_with_timestamps(model: Any, rows: Sequence[Any]) -> None:
    """Create rows that keep their ``updated_at``, which Django would set to now."""
    timestamps = [row.updated_at for row in rows]
    model.objects.bulk_create(rows, batch_size=BATCH)
    for row, updated_at in zip(rows, timestamps, strict=True):
        row.updated_at = updated_at
    model.objects.bulk_update(rows, ["updated_at"], batch_size=BATCH)


def _single_runs(imported: Iterable[ImportedConversation]) -> Iterable[Run]:
    """Yield a new run for each answer that has none: an answer in a chat is the only one of its run."""
    for each in imported:
        for answer in each.answers():
            if not hasattr(answer, "run"):
                answer.run = answer.current_run = Run(
                    topic=each.conversation.topic,
                    user=answer.user,
                    total=1,
                    open=0,
                    accepted_at=answer.queued_at,
                    ended_at=answer.ended_at or answer.queued_at,
                )
                yield answer.run


def _run_of_nothing(user: User) -> Run:
    """Return a run for messages that come without any answer, since messages take their keys from a run."""
    return Run.objects.create(topic=f"import.{uuid.uuid4().hex}", user=user, total=0, open=0, ended_at=timezone.now())


def _link_messages(imported: Iterable[ImportedConversation], run: Run) -> None:
    """Give the messages their keys and parents, and the conversations their leaves; nothing is saved here."""
    keys = message_keys(run)
    for each in imported:
        for public_id, message in each.messages.items():
            message.pk = next(keys)
            parent = each.parents[public_id]
            message.parent = None if parent is None else each.messages[parent]
        each.conversation.leaf = None if each.leaf is None else each.messages[each.leaf]
