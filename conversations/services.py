"""Everything that changes chats: messages, answers, branches, titles, settings, forks and deletion."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import redis
from celery import current_app
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import User
from accounts.storage import check_storage_of_start
from conversations.copies import copy_branch
from conversations.message_images import check_vision, delete_unused_images, image_keys
from conversations.message_tree import message_tree
from conversations.models import Conversation, Message
from conversations.prompts import check_fallback, check_provider, retry_answer, start_answers
from conversations.schemas import ChatRequest
from conversations.selectors import (
    conversation_message,
    discarded_conversations,
    open_answer,
    user_conversation,
)
from core.errors import Conflict, InvalidInput
from generations.deletion import delete_logs, prepare_deletion
from generations.fields import TITLE_LENGTH
from generations.limits.admission import check_start
from generations.models import IS_OPEN, Generation, Run
from generations.selectors import RunState
from generations.services import stop_generations
from images.models import Image
from images.selectors import chosen_images

logger = logging.getLogger(__name__)

STILL_ANSWERING = "An answer is still being written. Wait until it ends, or stop it first."
MAKE_TITLE = "conversations.make_title"
TITLE_TOPIC = "title."
PURGE_TASK = "conversations.purge"
UNDO_WINDOW = timedelta(seconds=60)
"""The time during which a deletion can be undone."""


class StartedAnswer(NamedTuple):
    """A started answer: its message, conversation and run."""

    conversation: Conversation
    message: Message
    state: RunState


def start_answer(*, user: User, request: ChatRequest) -> StartedAnswer:
    """Save the message and start the answer, in a new conversation if the request names none.

    Raises NotFound for a conversation or message that is not the user's, Conflict while an answer runs, InvalidInput if
    the provider cannot be called; nothing is saved then.
    """
    check_start(user)
    with transaction.atomic():
        conversation, changed = _conversation(user, request)
        check_provider(user, conversation.provider, "provider")
        prompt, images = _prompt(conversation, request)
        check_vision(user, [conversation.model_ref], images)
        state, (message,) = start_answers(
            user=user,
            topic=conversation.topic,
            prompts=[prompt],
            images=images,
            changed=changed,
            new_topic=request.conversation_id is None,
            on_complete=MAKE_TITLE if request.conversation_id is None else "",
        )
    return StartedAnswer(conversation, message, state)


def _conversation(user: User, request: ChatRequest) -> tuple[Conversation, list[str]]:
    """Return the conversation, a new one that is not saved yet if the request names none, and its changed fields."""
    if request.conversation_id is None:
        title = default_title(request.message)
        conversation = Conversation(user=user, kind=Conversation.Kind.CHAT, title=title)
    else:
        conversation = _locked(user_conversation(user, request.conversation_id))
        if open_answer(conversation) is not None:
            raise Conflict(STILL_ANSWERING)
    check_fallback(user, request.fallback or "", "fallback")
    settings = ("provider", "model", "fallback", "system", "parameters")
    changed = [name for name in settings if getattr(request, name) is not None]
    for name in changed:
        setattr(conversation, name, getattr(request, name))
    return conversation, changed


def _locked(conversation: Conversation) -> Conversation:
    return Conversation.objects.select_for_update(of=("self",)).select_related("user").get(pk=conversation.pk)


def default_title(text: str) -> str:
    """Return the title that a chat or a comparison has at first: the beginning of its first prompt."""
    return " ".join(text.split())[:TITLE_LENGTH]


def _prompt(conversation: Conversation, request: ChatRequest) -> tuple[Message, Sequence[Image]]:
    """Return the prompt to answer with its images: a new one, which is not saved yet, or the existing one if its answer
    is regenerated."""
    if request.regenerate is not None:
        prompt = conversation_message(conversation, request.regenerate, Message.Role.ASSISTANT).parent
        if prompt is None:
            raise InvalidInput("There is no prompt to answer again.")
        prompt.conversation = conversation
        return prompt, prompt.images
    parent, images = conversation.leaf_id, chosen_images(conversation.user, request.images or ())
    if request.edit_of is not None:
        edited = conversation_message(conversation, request.edit_of, Message.Role.USER)
        parent, images = edited.parent_id, edited.images if request.images is None else images
    prompt = Message(conversation=conversation, parent_id=parent, role=Message.Role.USER, text=request.message)
    return prompt, images


def retry_message(*, conversation: Conversation, message: Message) -> RunState:
    """Retry an answer that did not complete, in the same message.

    Raises Conflict if it did complete, and while an answer of the conversation runs.
    """
    check_start(conversation.user)
    with transaction.atomic():
        locked = _locked(conversation)
        if open_answer(locked) is not None:
            raise Conflict(STILL_ANSWERING)
        if message.generation is None:
            raise Conflict("Only an answer can be retried.")
        return retry_answer(generation=message.generation, topic=locked.topic)


def stop_conversation(*, conversation: Conversation) -> int:
    """Stop the running answer; return the number of answers that were stopped."""
    running = Generation.objects.filter(IS_OPEN, message__conversation=conversation)
    return stop_generations(running.select_related("current_run"))


def show_branch(*, conversation: Conversation, message: Message) -> None:
    """Show the newest branch that contains a message; raises Conflict while an answer runs."""
    with transaction.atomic():
        locked = _locked(conversation)
        if open_answer(locked) is not None:
            raise Conflict(STILL_ANSWERING)
        leaf = message_tree(locked).leaf_below(message.pk)
        Conversation.objects.filter(pk=locked.pk).update(leaf=leaf)
    conversation.leaf_id = leaf


def delete_exchange(*, conversation: Conversation, message: Message) -> None:
    """Delete a prompt with its answers; later messages move up to its parent. Raises Conflict while an answer runs."""
    with transaction.atomic():
        locked = _locked(conversation)
        if open_answer(locked) is not None:
            raise Conflict(STILL_ANSWERING)
        prompt = message if message.role == Message.Role.USER else message.parent
        if prompt is None:
            raise Conflict("Only a prompt with its answers can be deleted.")
        answers = list(prompt.children.values_list("pk", flat=True))
        Message.objects.filter(parent__in=answers).update(parent=prompt.parent_id)
        runs = _runs(Generation.objects.filter(message__in=answers))
        images = image_keys(Message.objects.filter(pk__in=[prompt.pk, *answers]))
        leaf_stays = locked.leaf_id not in {prompt.pk, *answers}
        prompt.delete()
        Run.objects.filter(pk__in=runs).delete()
        delete_unused_images(images)
        leaf = locked.leaf_id if leaf_stays else message_tree(locked).leaf_below(prompt.parent_id)
        Conversation.objects.filter(pk=locked.pk).update(leaf=leaf)
    conversation.leaf_id = leaf


def rename_conversation(*, conversation: Conversation, title: str) -> None:
    """Change a conversation's title."""
    Conversation.objects.filter(pk=conversation.pk).update(title=title)
    conversation.title = title


def change_settings(*, conversation: Conversation, settings: dict[str, object]) -> None:
    """Change the model or the settings for the next answer; raises InvalidInput if a provider cannot be called."""
    if "provider" in settings:
        check_provider(conversation.user, str(settings["provider"]), "provider")
    check_fallback(conversation.user, str(settings.get("fallback", "")), "fallback")
    for name, value in settings.items():
        setattr(conversation, name, value)
    conversation.save(update_fields=list(settings))


def fork_conversation(*, source: Conversation, upto: Message | None = None) -> Conversation:
    """Create a chat that begins with a copy of a branch of ``source``.

    The branch ends with the message ``upto``, or with the leaf of ``source``. Raises StorageFull if its user may keep
    nothing more.
    """
    check_storage_of_start(source.user)
    with transaction.atomic():
        fork = Conversation.objects.create(
            user=source.user,
            kind=Conversation.Kind.CHAT,
            title=source.title,
            provider=source.provider,
            model=source.model,
            system=source.system,
            parameters=source.parameters,
            fallback=source.fallback,
        )
        copy_branch(source=source, leaf_id=source.leaf_id if upto is None else upto.pk, targets=[fork])
    return fork


def discard_conversation(*, conversation: Conversation) -> None:
    """Stop a conversation's answer and hide the conversation until the purge deletes it."""
    stop_conversation(conversation=conversation)
    Conversation.objects.filter(pk=conversation.pk).update(discarded_at=timezone.now())
    try:
        current_app.send_task(PURGE_TASK, countdown=UNDO_WINDOW.total_seconds() + 5, retry=False)
    except (redis.RedisError, OperationalError) as error:
        logger.warning("the purge cannot be enqueued; the next one also deletes this conversation: %s", error)


def restore_conversation(*, user: User, public_id: uuid.UUID) -> Conversation:
    """Undo a deletion; raises NotFound if it is too late."""
    discarded_conversations(user).filter(public_id=public_id).update(discarded_at=None)
    return user_conversation(user, public_id)


def delete_conversation(*, conversation: Conversation) -> None:
    """Stop a chat's answer, then delete the chat with all its branches, runs and logs."""
    stop_conversation(conversation=conversation)
    topics = [conversation.topic, title_topic(conversation)]
    with transaction.atomic():
        writers = prepare_deletion(Generation.objects.filter(current_run__topic__in=topics))
        delete_conversations([conversation])
        Run.objects.filter(topic=title_topic(conversation)).delete()
    delete_logs(topics, writers)


def delete_conversations(conversations: Sequence[Conversation]) -> None:
    """Delete conversations with their messages, answers and runs, and images that no other message has.

    Call it in a transaction.
    """
    keys = [each.pk for each in conversations]
    runs = _runs(Generation.objects.filter(message__conversation__in=keys))
    images = image_keys(Message.objects.filter(conversation__in=keys))
    Conversation.objects.filter(pk__in=keys).delete()
    Run.objects.filter(pk__in=runs).delete()
    delete_unused_images(images)


def _runs(generations: QuerySet[Generation]) -> set[int]:
    return {run for pair in generations.values_list("run", "current_run") for run in pair}


def title_topic(conversation: Conversation) -> str:
    """Return the topic of the answer that becomes a conversation's title."""
    return f"{TITLE_TOPIC}{conversation.public_id.hex}"


def chat_of_title(topic: str) -> uuid.UUID:
    """Return the public id of the conversation that a ``title_topic`` belongs to."""
    return uuid.UUID(topic.removeprefix(TITLE_TOPIC))
