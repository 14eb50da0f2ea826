"""Import of conversations."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Model

from account_data.imports.generations import read_answer, read_parameters
from account_data.imports.ids import new_items, unpublished
from account_data.imports.images import ImportedImage, referenced_images
from account_data.imports.reader import Part
from account_data.imports.slices import Piece, publish, write_slices
from accounts.models import User
from conversations.models import Conversation, Message
from conversations.schemas import MAX_COPIED_MESSAGES
from conversations.selectors import user_conversations
from generations.fields import TITLE_LENGTH
from generations.models import Generation, Run
from providers import model_ref

ROLES = Message.Role.values
CHARACTERS_OF_A_TIME, CHARACTERS_OF_FIGURES = 20, 200
"""The JSON of a pair in a timeline, and of a past attempt without its text."""


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


def write_chats(user: User, chats: Sequence[ImportedConversation], begun: datetime) -> None:
    """Write the chats that the user does not have yet, hidden."""
    new = new_items(user, chats, lambda chat: chat.conversation, user_conversations(user))
    write_slices(user, (piece for chat in new for piece in conversation_pieces(chat, begun)))


def publish_chats(user: User, chats: Sequence[ImportedConversation]) -> int:
    """Show the chats that were written and return their number; call it within a transaction.

    Those that another import of the user has published meanwhile stay hidden.
    """
    written = [chat for chat in chats if chat.conversation.pk is not None]
    new = unpublished(written, lambda chat: chat.conversation, user_conversations(user))
    publish_conversations(new)
    return len(new)


def publish_conversations(imported: Sequence[ImportedConversation]) -> None:
    for each in imported:
        each.conversation.leaf = None if each.leaf is None else each.messages[each.leaf]
    publish(Conversation, [each.conversation for each in imported], "leaf")


def conversation_pieces(imported: ImportedConversation, begun: datetime, *more: Model) -> Iterator[Piece]:
    """Yield a conversation's own row with ``more``, then each message with its answer, and with the answer's run unless
    that has one already."""
    imported.conversation.incomplete_since = begun
    yield Piece([imported.conversation, *more], len(imported.conversation.system))
    for public_id, message in imported.messages.items():
        parent = imported.parents[public_id]
        message.parent = None if parent is None else imported.messages[parent]
        answer, images = message.generation, imported.images.get(public_id, [])
        rows: list[Model] = [message]
        if answer is not None:
            rows += [answer] if hasattr(answer, "run") else [_single_run(imported, answer), answer]
        size = len(message.text) + sum(len(image.checked.data) for image in images if image.stored is None)
        yield Piece(rows, size + (0 if answer is None else _length(answer)), images)


def _length(answer: Generation) -> int:
    past = sum(len(each["text"]) + CHARACTERS_OF_FIGURES for each in answer.past_attempts)
    return len(answer.text) + len(answer.reasoning) + past + CHARACTERS_OF_A_TIME * len(answer.timeline)


def _single_run(imported: ImportedConversation, answer: Generation) -> Run:
    """Return a new run for an answer that has none: an answer in a chat is the only one of its run."""
    run = answer.run = answer.current_run = Run(
        topic=imported.conversation.topic,
        user=answer.user,
        total=1,
        open=0,
        accepted_at=answer.queued_at,
        ended_at=answer.ended_at or answer.queued_at,
    )
    return run
