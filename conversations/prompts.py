"""Prompts and the answers to them: the one code path that starts answers, for chats and for comparisons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from django.conf import settings
from django.db.models import Model
from django.utils import timezone

from accounts.models import User
from conversations.context import build_request, sent_message, sent_prompt
from conversations.message_images import attach_images
from conversations.message_tree import MessageTree
from conversations.models import WITH_IMAGES, Conversation, Message, message_keys
from core.errors import InvalidInput, NotFound
from generations.limits.admission import GenerationRequest
from generations.models import Generation
from generations.selectors import RunState
from generations.services import new_run, retry_generation, start
from images.models import Image
from providers.adapters.base import ErrorCode, ProviderError
from providers.adapters.base import Message as SentMessage
from providers.listed_models import known_model, known_models
from providers.model_ref import ModelRef
from providers.selectors import check_callable


class StartedAnswers(NamedTuple):
    """A run, and the messages that its generations write, in the same order."""

    state: RunState
    messages: list[Message]


def next_prompt(conversation: Conversation, text: str) -> Message:
    """Return a prompt that continues a conversation from its leaf; it is not saved yet."""
    return Message(conversation=conversation, parent_id=conversation.leaf_id, role=Message.Role.USER, text=text)


def start_answers(
    *,
    user: User,
    topic: str,
    prompts: Sequence[Message],
    images: Sequence[Image] = (),
    changed: Collection[str] = (),
    new_topic: bool = False,
    on_complete: str = "",
    batch: bool = False,
    more_rows: Callable[[RunState], Sequence[Sequence[Model]]] = lambda _state: (),
) -> StartedAnswers:
    """Start an answer to each of these prompts, as a new branch below it; call it in a transaction.

    The answer becomes its conversation's leaf. New prompts are saved, with ``images``, and so are new conversations; of
    others the fields ``changed`` are. ``more_rows`` returns other new objects that are saved with them, in groups as
    ``core.statements.insert`` takes them.

    The run's generations have the order of ``prompts``.
    """
    new_prompts = [each for each in prompts if each.pk is None]
    histories = _histories(prompts, images)
    listed = known_models(user, [prompt.conversation.model_ref for prompt in prompts])
    requests = [
        build_request(prompt.conversation, history, listed[prompt.conversation.model_ref])
        for prompt, history in zip(prompts, histories, strict=True)
    ]
    generation_requests = [
        GenerationRequest(prompt.conversation.provider, each.request, _fallback(prompt.conversation))
        for prompt, each in zip(prompts, requests, strict=True)
    ]
    state = new_run(user=user, topic=topic, requests=generation_requests, on_complete=on_complete, batch=batch)
    keys = message_keys(state.run)
    for prompt in new_prompts:
        prompt.pk = next(keys)
    answers = [
        Message(
            pk=next(keys),
            conversation=prompt.conversation,
            parent=prompt,
            role=Message.Role.ASSISTANT,
            generation=generation,
            omitted=each.omitted,
            omitted_images=each.omitted_images,
        )
        for prompt, each, generation in zip(prompts, requests, state.generations, strict=True)
    ]
    conversations = _save_conversations(answers, changed)
    start(state, conversations, [*new_prompts, *answers], *more_rows(state), new_topic=new_topic)
    attach_images((prompt, images) for prompt in new_prompts)
    return StartedAnswers(state, answers)


def _save_conversations(answers: Sequence[Message], changed: Collection[str]) -> list[Conversation]:
    """Make each answer its conversation's leaf, and return the conversations that are new."""
    for answer in answers:
        # The key alone, because Django refuses to save a relation to a message that is not saved yet.
        answer.conversation.leaf_id = answer.pk
        answer.conversation.updated_at = timezone.now()
    conversations = [answer.conversation for answer in answers]
    saved = [each for each in conversations if each.pk is not None]
    Conversation.objects.bulk_update(saved, ["leaf", "updated_at", *changed])
    return [each for each in conversations if each.pk is None]


def check_fallback(user: User, fallback: str, field: str) -> None:
    """Raise InvalidInput, naming ``field``, if the fallback's provider cannot be called; "" means no fallback."""
    if fallback:
        check_provider(user, ModelRef.parse(fallback).provider, field)


def check_provider(user: User, provider: str, field: str) -> None:
    """Raise InvalidInput, naming ``field``, if the provider is unknown or cannot be called."""
    try:
        check_callable(user, provider)
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
    (history,) = _histories([prompt])
    listed = known_model(generation.user, prompt.conversation.model_ref)
    return retry_generation(
        generation=generation,
        topic=topic,
        request=build_request(prompt.conversation, history, listed).request,
    )


def _histories(prompts: Sequence[Message], images: Sequence[Image] = ()) -> list[list[SentMessage]]:
    """Return for each prompt the messages from the first one to it; ``images`` are those of new prompts.

    Two queries for all of them, none if all conversations are new.
    """
    stored: dict[int, dict[int, Message]] = defaultdict(dict)
    keys = {prompt.conversation_id for prompt in prompts if prompt.pk is not None or prompt.parent_id is not None}
    if keys:
        messages = Message.objects.filter(conversation__in=keys).select_related("generation")
        for message in messages.prefetch_related(WITH_IMAGES):
            stored[message.conversation_id][message.pk] = message
    return [_history(prompt, stored[prompt.conversation_id], images) for prompt in prompts]


def _history(prompt: Message, stored: Mapping[int, Message], images: Sequence[Image]) -> list[SentMessage]:
    tree = MessageTree.from_pairs((message.pk, message.parent_id) for message in stored.values())
    leaf = prompt.parent_id if prompt.pk is None else prompt.pk
    history = [sent_message(each) for each in _without_refused([stored[key] for key in tree.path(leaf)])]
    return history if prompt.pk is not None else [*history, sent_prompt(prompt.text, images)]


def _without_refused(path: Sequence[Message]) -> list[Message]:
    """Leave out answers that a provider's filter has refused, and their prompts, which it would refuse again."""
    refused = {each.pk for each in path if each.generation and each.generation.error_code == ErrorCode.CONTENT_FILTERED}
    prompts = {each.parent_id for each in path if each.pk in refused}
    return [each for each in path if each.pk not in refused | prompts]
