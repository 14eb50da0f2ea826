"""Prompts and the answers to them: the one code path that starts answers, for chats and for comparisons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from conversations.context import build_request
from conversations.message_images import attach_images
from conversations.message_tree import MessageTree
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


def send_prompt(
    *,
    user: User,
    topic: str,
    conversations: Sequence[Conversation],
    prompt: str,
    images: Sequence[Image] = (),
    batch: bool = False,
) -> RunState:
    """Append one prompt to each of the user's ``conversations`` and start the answers; call it in a transaction.

    The run's generations have the order of ``conversations``.
    """
    prompts = Message.objects.bulk_create(
        Message(conversation=each, parent_id=each.leaf_id, role=Message.Role.USER, text=prompt)
        for each in conversations
    )
    for each in prompts:
        attach_images(each, images)
    return start_answers(user=user, topic=topic, prompts=prompts, batch=batch)


def start_answers(
    *, user: User, topic: str, prompts: Sequence[Message], on_complete_task: str = "", batch: bool = False
) -> RunState:
    """Start an answer to each of these prompts, as a new branch below it; call it in a transaction.

    The answer becomes its conversation's leaf.
    """
    histories = _histories(prompts)
    requests = [build_request(prompt.conversation, histories[prompt.pk]) for prompt in prompts]
    generation_requests = [
        GenerationRequest(prompt.conversation.provider, each.request, _fallback(prompt.conversation))
        for prompt, each in zip(prompts, requests, strict=True)
    ]
    state = start_run(
        user=user, topic=topic, requests=generation_requests, on_complete_task=on_complete_task, batch=batch
    )
    answers = Message.objects.bulk_create(
        Message(
            conversation=prompt.conversation,
            parent=prompt,
            role=Message.Role.ASSISTANT,
            generation=generation,
            omitted=each.omitted,
            omitted_images=each.omitted_images,
        )
        for prompt, each, generation in zip(prompts, requests, state.generations, strict=True)
    )
    for message in answers:
        message.conversation.leaf = message
        message.conversation.updated_at = timezone.now()
    Conversation.objects.bulk_update([message.conversation for message in answers], ["leaf", "updated_at"])
    return state


def check_fallback(user: User, fallback: str, field: str) -> None:
    """Raise InvalidInput, naming ``field``, if the fallback's provider cannot be called; "" means no fallback."""
    if fallback:
        check_provider(user, ModelRef.parse(fallback).provider, field)


def check_provider(user: User, provider: str, field: str) -> None:
    """Raise InvalidInput, naming ``field``, if the provider is unknown or cannot be called."""
    try:
        resolve_target(user, provider)
    except (ProviderError, NotFound) as error:
        raise InvalidInput(error.message, fields={field: [error.message]}) from error


def _fallback(conversation: Conversation) -> str:
    """Return the conversation's own fallback; a chat without one uses the installation's.

    A candidate does not, because a comparison is about the models that were chosen for it.
    """
    if conversation.fallback or conversation.kind == Conversation.Kind.CANDIDATE:
        return conversation.fallback
    return "" if str(conversation.model_ref) == settings.FALLBACK_MODEL else str(settings.FALLBACK_MODEL)


def retry_answer(*, generation: Generation, topic: str) -> RunState:
    """Retry an answer with the history that it had; raises Conflict unless it failed, was stopped or interrupted."""
    message = Message.objects.select_related("parent__conversation").get(generation=generation)
    prompt = message.parent
    if prompt is None:
        raise ValueError(f"{message} has no prompt")
    return retry_generation(
        generation=generation,
        topic=topic,
        request=build_request(prompt.conversation, _histories([prompt])[prompt.pk]).request,
    )


def _histories(prompts: Sequence[Message]) -> dict[int, list[Message]]:
    """Return the messages from the first one to each prompt, by the prompt's key; two queries for all of them."""
    stored: dict[int, dict[int, Message]] = defaultdict(dict)
    conversations = {prompt.conversation_id for prompt in prompts}
    messages = Message.objects.filter(conversation__in=conversations).select_related("generation")
    for message in messages.prefetch_related(WITH_IMAGES):
        stored[message.conversation_id][message.pk] = message
    trees = {
        key: MessageTree.from_pairs((message.pk, message.parent_id) for message in by_key.values())
        for key, by_key in stored.items()
    }
    return {
        prompt.pk: [stored[prompt.conversation_id][key] for key in trees[prompt.conversation_id].path(prompt.pk)]
        for prompt in prompts
    }
