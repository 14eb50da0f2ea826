"""Import of conversations."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from account_data.imports.generations import read_answer, read_parameters
from account_data.imports.ids import new_items, take_free_ids
from account_data.imports.images import Picture, attach_pictures, named_pictures
from account_data.imports.reader import Part
from accounts.models import User
from conversations.models import Conversation, Message
from conversations.selectors import user_conversations
from generations.fields import TITLE_LENGTH
from generations.models import Generation, Run
from providers import model_ref

BATCH = 500
ROLES = Message.Role.values


@dataclass(slots=True)
class Thread:
    """A conversation with its messages, none of them saved yet: ``parents`` has each message's parent, ``pictures``
    the images of each prompt."""

    conversation: Conversation
    messages: dict[uuid.UUID, Message] = field(default_factory=dict)
    parents: dict[uuid.UUID, uuid.UUID | None] = field(default_factory=dict)
    pictures: dict[uuid.UUID, list[Picture]] = field(default_factory=dict)
    leaf: uuid.UUID | None = None

    def answers(self) -> list[Generation]:
        return [message.generation for message in self.messages.values() if message.generation is not None]


def read_chat(part: Part, user: User) -> Thread:
    return read_thread(part, user, Conversation.Kind.CHAT)


def read_thread(part: Part, user: User, kind: Conversation.Kind) -> Thread:
    """Return a conversation of an archive, with the ids that it has there."""
    conversation = Conversation(
        public_id=part.own_id("conversation"),
        user=user,
        kind=kind,
        title=part.text("title", TITLE_LENGTH),
        provider=part.filled("provider", 64),
        model=part.filled("model", 200),
        system=part.text("system"),
        parameters=read_parameters(part),
        fallback=part.later("fallback", lambda name: part.text(name, model_ref.MAX_LENGTH), ""),
        created_at=part.moment("created_at"),
        updated_at=part.moment("updated_at"),
    )
    thread = Thread(conversation)
    for each in part.parts("messages"):
        _read_message(each, user, thread)
    thread.leaf = part.maybe("leaf_id", part.id)
    if thread.leaf not in thread.messages and (thread.messages or thread.leaf is not None):
        part.refuse("leaf_id", "names none of these messages")
    return thread


def _read_message(part: Part, user: User, thread: Thread) -> None:
    """Return a message; its parent has to come before it, so there can be no circle."""
    public_id, role = part.own_id("message"), part.word("role", ROLES)
    message = Message(
        public_id=public_id, conversation=thread.conversation, role=role, created_at=part.moment("created_at")
    )
    parent = part.maybe("parent_id", part.id)
    if parent is not None and parent not in thread.messages:
        part.refuse("parent_id", "names no message before this one in its conversation")
    if role == Message.Role.USER:
        message.text = part.text("text")
        thread.pictures[public_id] = named_pictures(part, "images")
    elif parent is None or thread.messages[parent].role != Message.Role.USER:
        part.refuse("parent_id", "has to name the prompt that this answers")
    else:
        message.omitted = part.integer("omitted")
        message.omitted_images = part.later("omitted_images", part.integer, 0)
        message.generation = read_answer(part.part("answer"), user)
    thread.messages[public_id], thread.parents[public_id] = message, parent


def save_chats(user: User, chats: Sequence[Thread]) -> int:
    """Save those that the user does not have yet and return their number; call it within a transaction."""
    new = new_items(user, chats, lambda chat: chat.conversation, user_conversations(user))
    save_threads(user, new)
    return len(new)


def save_threads(user: User, threads: Sequence[Thread], runs: Iterable[Run] = ()) -> None:
    """Save conversations with final ids, and ``runs`` that already contain some of their answers; call it within a
    transaction."""
    answers = [answer for thread in threads for answer in thread.answers()]
    messages = [message for thread in threads for message in thread.messages.values()]
    take_free_ids(Message, messages)
    take_free_ids(Generation, answers)
    conversations = [thread.conversation for thread in threads]
    create_as_old(Conversation, conversations)
    Run.objects.bulk_create([*runs, *_runs_of_one(threads)], batch_size=BATCH)
    Generation.objects.bulk_create(answers, batch_size=BATCH)
    Message.objects.bulk_create(messages, batch_size=BATCH)
    attach_pictures(
        user, [(thread.messages[name], shown) for thread in threads for name, shown in thread.pictures.items()]
    )
    _join(threads)
    Conversation.objects.bulk_update(conversations, ["leaf"], batch_size=BATCH)


def create_as_old(model: Any, rows: Sequence[Any]) -> None:
    """Create rows that keep their ``updated_at``, which Django would set to now."""
    moments = [row.updated_at for row in rows]
    model.objects.bulk_create(rows, batch_size=BATCH)
    for row, moment in zip(rows, moments, strict=True):
        row.updated_at = moment
    model.objects.bulk_update(rows, ["updated_at"], batch_size=BATCH)


def _runs_of_one(threads: Iterable[Thread]) -> Iterable[Run]:
    """Return a run for each answer that is in none, since each answer of a chat had its own."""
    for thread in threads:
        for answer in thread.answers():
            if not hasattr(answer, "run"):
                answer.run = answer.current_run = Run(
                    topic=thread.conversation.topic,
                    user=answer.user,
                    total=1,
                    open=0,
                    accepted_at=answer.queued_at,
                    ended_at=answer.ended_at or answer.queued_at,
                )
                yield answer.run


def _join(threads: Iterable[Thread]) -> None:
    behind = []
    for thread in threads:
        for public_id, message in thread.messages.items():
            parent = thread.parents[public_id]
            if parent is not None:
                message.parent = thread.messages[parent]
                behind.append(message)
        thread.conversation.leaf = None if thread.leaf is None else thread.messages[thread.leaf]
    Message.objects.bulk_update(behind, ["parent"], batch_size=BATCH)
