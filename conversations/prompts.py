"""Asking in conversations: the one way in which an answer is begun, for chats and for a comparison's columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from conversations.context import question
from conversations.message_images import place_images
from conversations.message_tree import Thread
from conversations.models import WITH_IMAGES, Conversation, Message
from core.errors import InvalidInput, NotFound
from generations.limits.admission import GenerationRequest
from generations.models import Generation
from generations.selectors import RunState
from generations.services import retry_generation, start_run
from images.models import Image
from providers.adapters.base import ProviderError
from providers.model_ref import ModelRef
from providers.selectors import resolve_target


def ask(
    *,
    user: User,
    topic: str,
    conversations: Sequence[Conversation],
    prompt: str,
    images: Sequence[Image] = (),
    batch: bool = False,
) -> RunState:
    """Put one prompt, with images, to conversations of ``user``, each behind its own leaf; call it in a transaction.

    The run's generations stand in the order of ``conversations``.
    """
    prompts = Message.objects.bulk_create(
        Message(conversation=each, parent_id=each.leaf_id, role=Message.Role.USER, text=prompt)
        for each in conversations
    )
    for each in prompts:
        place_images(each, images)
    return answer(user=user, topic=topic, prompts=prompts, batch=batch)


def answer(
    *, user: User, topic: str, prompts: Sequence[Message], on_complete_task: str = "", batch: bool = False
) -> RunState:
    """Start an answer to each of these messages, as a new branch below it that becomes its conversation's leaf; call
    it in a transaction."""
    histories = _paths(prompts)
    questions = [question(prompt.conversation, histories[prompt.pk]) for prompt in prompts]
    requests = [
        GenerationRequest(prompt.conversation.provider, each.request, _fallback(prompt.conversation))
        for prompt, each in zip(prompts, questions, strict=True)
    ]
    state = start_run(user=user, topic=topic, requests=requests, on_complete_task=on_complete_task, batch=batch)
    answers = Message.objects.bulk_create(
        Message(
            conversation=prompt.conversation,
            parent=prompt,
            role=Message.Role.ASSISTANT,
            generation=generation,
            omitted=each.omitted,
            omitted_images=each.omitted_images,
        )
        for prompt, each, generation in zip(prompts, questions, state.generations, strict=True)
    )
    for message in answers:
        message.conversation.leaf = message
        message.conversation.updated_at = timezone.now()
    Conversation.objects.bulk_update([message.conversation for message in answers], ["leaf", "updated_at"])
    return state


def check_fallback(user: User, fallback: str, field: str) -> None:
    """Raise InvalidInput where nobody could answer in place of another: nothing, where none is chosen."""
    if not fallback:
        return
    try:
        resolve_target(user, ModelRef.parse(fallback).provider)
    except (ProviderError, NotFound) as error:
        raise InvalidInput(error.message, fields={field: [error.message]}) from error


def _fallback(conversation: Conversation) -> str:
    """The conversation's own; in a chat else the installation's. Nobody stands in for a model that is compared unless
    it was asked for."""
    if conversation.fallback or conversation.kind == Conversation.Kind.CANDIDATE:
        return conversation.fallback
    return "" if str(conversation.model_ref) == settings.FALLBACK_MODEL else str(settings.FALLBACK_MODEL)


def retry_answer(*, generation: Generation, topic: str) -> RunState:
    """Ask for an answer again, with the history that it had; raises Conflict where it is not one to be retried."""
    message = Message.objects.select_related("parent__conversation").get(generation=generation)
    prompt = message.parent
    if prompt is None:
        raise ValueError(f"{message} answers nothing")
    return retry_generation(
        generation=generation,
        topic=topic,
        request=question(prompt.conversation, _paths([prompt])[prompt.pk]).request,
    )


def _paths(prompts: Sequence[Message]) -> dict[int, list[Message]]:
    """The messages up to each prompt and with it, by the prompt's key: two queries for all of them."""
    stored: dict[int, dict[int, Message]] = defaultdict(dict)
    conversations = {prompt.conversation_id for prompt in prompts}
    messages_of = Message.objects.filter(conversation__in=conversations).select_related("generation")
    for message in messages_of.prefetch_related(WITH_IMAGES):
        stored[message.conversation_id][message.pk] = message
    threads = {
        key: Thread.of((message.pk, message.parent_id) for message in messages.values())
        for key, messages in stored.items()
    }
    return {
        prompt.pk: [stored[prompt.conversation_id][key] for key in threads[prompt.conversation_id].path(prompt.pk)]
        for prompt in prompts
    }
