"""Chatting: asking, editing, asking again, choosing a branch, stopping, renaming, forking and deleting."""

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
from conversations.message_images import check_vision, delete_unused_images, image_keys, place_images
from conversations.message_tree import thread
from conversations.models import WITH_IMAGES, Conversation, Message
from conversations.prompts import answer, check_fallback, retry_answer
from conversations.schemas import ChatRequest
from conversations.selectors import answer_of, conversation_message, open_answer, user_conversation
from core.errors import Conflict, InvalidInput, NotFound
from generations.deletion import delete_logs, prepare_deletion
from generations.fields import TITLE_LENGTH
from generations.limits.admission import check_request_rate
from generations.models import Generation, Run
from generations.selectors import RunState
from generations.services import copy_generations, stop_generations
from images.selectors import chosen_images
from providers.adapters.base import ProviderError
from providers.selectors import resolve_target

logger = logging.getLogger(__name__)

STILL_ANSWERING = "An answer is still on its way. Wait for its end, or stop it first."
TITLE_TASK = "conversations.make_title"
PURGE_TASK = "conversations.purge"
UNDO = timedelta(seconds=60)
"""How long a deletion can be undone."""


class StartedAnswer(NamedTuple):
    """An answer that has begun, and the message that it will be."""

    conversation: Conversation
    message: Message
    state: RunState


def start_answer(*, user: User, request: ChatRequest) -> StartedAnswer:
    """Save what was said and start the answer, in a new conversation where the request names none.

    Raises NotFound for what is not the user's, Conflict while an answer runs, InvalidInput where the provider cannot
    be asked; then nothing is saved.
    """
    check_request_rate(user)
    with transaction.atomic():
        conversation = _conversation(user, request)
        _check_provider(user, conversation.provider)
        prompt = _prompt(conversation, request)
        check_vision(((conversation.provider, conversation.model),), prompt.images)
        on_complete_task = TITLE_TASK if request.conversation_id is None else ""
        state = answer(user=user, topic=conversation.topic, prompts=[prompt], on_complete_task=on_complete_task)
    return StartedAnswer(conversation, answer_of(state.generations[0]), state)


def _conversation(user: User, request: ChatRequest) -> Conversation:
    if request.conversation_id is None:
        title = default_title(request.message)
        conversation = Conversation(user=user, kind=Conversation.Kind.CHAT, title=title)
    else:
        conversation = _locked(user_conversation(user, request.conversation_id))
        if open_answer(conversation) is not None:
            raise Conflict(STILL_ANSWERING)
    check_fallback(user, request.fallback or "", "fallback")
    for name in ("provider", "model", "fallback", "system", "parameters"):
        value = getattr(request, name)
        if value is not None:
            setattr(conversation, name, value)
    conversation.save()
    return conversation


def _locked(conversation: Conversation) -> Conversation:
    return Conversation.objects.select_for_update(of=("self",)).select_related("user").get(pk=conversation.pk)


def default_title(text: str) -> str:
    """The first words of what was said first."""
    return " ".join(text.split())[:TITLE_LENGTH]


def _check_provider(user: User, provider: str) -> None:
    try:
        resolve_target(user, provider)
    except (ProviderError, NotFound) as error:
        raise InvalidInput(error.message, fields={"provider": [error.message]}) from error


def _prompt(conversation: Conversation, request: ChatRequest) -> Message:
    """The message to be answered: a new one, or that of an answer which is asked for once more."""
    if request.regenerate is not None:
        prompt = conversation_message(conversation, request.regenerate, Message.Role.ASSISTANT).parent
        if prompt is None:
            raise InvalidInput("There is no prompt to answer again.")
        prompt.conversation = conversation
        return prompt
    parent, images = conversation.leaf_id, chosen_images(conversation.user, request.images or ())
    if request.edit_of is not None:
        edited = conversation_message(conversation, request.edit_of, Message.Role.USER)
        parent, images = edited.parent_id, edited.images if request.images is None else images
    prompt = Message.objects.create(
        conversation=conversation, parent_id=parent, role=Message.Role.USER, text=request.message
    )
    place_images(prompt, images)
    return prompt


def retry_message(*, conversation: Conversation, message: Message) -> RunState:
    """Ask once more for an answer that did not complete, in its place; raises Conflict for any other, or while an
    answer runs."""
    check_request_rate(conversation.user)
    with transaction.atomic():
        locked = _locked(conversation)
        if open_answer(locked) is not None:
            raise Conflict(STILL_ANSWERING)
        if message.generation is None:
            raise Conflict("Only an answer can be retried.")
        return retry_answer(generation=message.generation, topic=locked.topic)


def stop_conversation(*, conversation: Conversation) -> int:
    """Stop the answer that runs; returns how many that were."""
    running = Generation.objects.filter(message__conversation=conversation, status__in=Generation.OPEN)
    return stop_generations(running.select_related("current_run"))


def show_branch(*, conversation: Conversation, message: Message) -> None:
    """Show the branch through a message, to the end of its newest; raises Conflict while an answer runs."""
    if open_answer(conversation) is not None:
        raise Conflict(STILL_ANSWERING)
    leaf = thread(conversation).leaf_below(message.pk)
    Conversation.objects.filter(pk=conversation.pk).update(leaf=leaf)
    conversation.leaf_id = leaf


def delete_exchange(*, conversation: Conversation, message: Message) -> None:
    """Delete a prompt with its answers; what was said behind them moves up. Raises Conflict while an answer runs."""
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
        shown = locked.leaf_id not in {prompt.pk, *answers}
        prompt.delete()
        Run.objects.filter(pk__in=runs).delete()
        delete_unused_images(images)
        leaf = locked.leaf_id if shown else thread(locked).leaf_below(prompt.parent_id)
        Conversation.objects.filter(pk=locked.pk).update(leaf=leaf)
    conversation.leaf_id = leaf


def rename_conversation(*, conversation: Conversation, title: str) -> None:
    """Give a conversation another title."""
    Conversation.objects.filter(pk=conversation.pk).update(title=title)
    conversation.title = title


def change_settings(*, conversation: Conversation, settings: dict[str, object]) -> None:
    """Change who answers next, and how it is asked; raises InvalidInput for a provider that cannot be asked."""
    if "provider" in settings:
        _check_provider(conversation.user, str(settings["provider"]))
    check_fallback(conversation.user, str(settings.get("fallback", "")), "fallback")
    for name, value in settings.items():
        setattr(conversation, name, value)
    conversation.save(update_fields=list(settings))


def fork_conversation(*, source: Conversation, upto: Message | None = None) -> Conversation:
    """A new chat that begins with the messages of ``source`` up to one of them, or all that it shows; the source stays
    as it was."""
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
        copy_thread(source=source, leaf_id=source.leaf_id if upto is None else upto.pk, targets=[fork])
    return fork


def copy_thread(*, source: Conversation, leaf_id: int | None, targets: Sequence[Conversation]) -> None:
    """Give each of the empty ``targets`` the branch of ``source`` that ends with ``leaf_id``; call it in a
    transaction."""
    path = thread(source).path(leaf_id)
    messages = Message.objects.select_related("generation").prefetch_related(WITH_IMAGES).in_bulk(path)
    originals = [messages[key] for key in path]
    answers = [message.generation for message in originals if message.generation is not None]
    for target in targets:
        copies = iter(copy_generations(user=target.user, generations=answers) if answers else ())
        parent: Message | None = None
        for original in originals:
            parent = Message.objects.create(
                conversation=target,
                parent=parent,
                role=original.role,
                text=original.text,
                generation=next(copies) if original.generation is not None else None,
                omitted=original.omitted,
                omitted_images=original.omitted_images,
            )
            place_images(parent, original.images)
        target.leaf = parent
        target.save(update_fields=["leaf"])


def discard_conversation(*, conversation: Conversation) -> None:
    """Hide a conversation until it is deleted; what still runs is stopped."""
    stop_conversation(conversation=conversation)
    Conversation.objects.filter(pk=conversation.pk).update(discarded_at=timezone.now())
    try:
        current_app.send_task(PURGE_TASK, countdown=UNDO.total_seconds() + 5, retry=False)
    except (redis.RedisError, OperationalError) as error:
        logger.warning("what was discarded is deleted with the next one: %s", error)


def restore_conversation(*, user: User, public_id: uuid.UUID) -> Conversation:
    """Take back a deletion; raises NotFound where it is too late."""
    mine = Conversation.objects.filter(user=user, kind=Conversation.Kind.CHAT, public_id=public_id)
    mine.exclude(discarded_at=None).update(discarded_at=None)
    return user_conversation(user, public_id)


def delete_conversation(*, conversation: Conversation) -> None:
    """Delete a chat with all its branches; what still runs is stopped first."""
    stop_conversation(conversation=conversation)
    topics = [conversation.topic, title_topic(conversation)]
    with transaction.atomic():
        writers = prepare_deletion(Generation.objects.filter(current_run__topic__in=topics))
        delete_conversations([conversation])
        Run.objects.filter(topic=title_topic(conversation)).delete()
    delete_logs(topics, writers)


def delete_conversations(conversations: Sequence[Conversation]) -> None:
    """Delete conversations with their messages, answers and runs, and the images that are in no other; call it within
    the caller's transaction."""
    keys = [each.pk for each in conversations]
    runs = _runs(Generation.objects.filter(message__conversation__in=keys))
    images = image_keys(Message.objects.filter(conversation__in=keys))
    Conversation.objects.filter(pk__in=keys).delete()
    Run.objects.filter(pk__in=runs).delete()
    delete_unused_images(images)


def _runs(generations: QuerySet[Generation]) -> set[int]:
    return {run for pair in generations.values_list("run", "current_run") for run in pair}


def title_topic(conversation: Conversation) -> str:
    """Where the answer is written that becomes a title."""
    return f"title.{conversation.public_id.hex}"
