"""Asking in conversations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.utils import timezone

from accounts.models import User
from conversations.history import request_for
from conversations.models import Conversation, Message
from generations.models import Generation, Run
from generations.selectors import RunState
from generations.services import Ask, retry_generation, start_run


def ask(*, user: User, topic: str, conversations: Sequence[Conversation], prompt: str) -> RunState:
    """Put one prompt to conversations of ``user``, each behind its own history; call it in a transaction.

    The run's generations stand in the order of ``conversations``.
    """
    histories = _histories(conversations)
    asks = [Ask(each.provider, request_for(each, histories[each.pk], prompt)) for each in conversations]
    state = start_run(user=user, topic=topic, asks=asks)
    Message.objects.bulk_create(
        message
        for conversation, generation in zip(conversations, state.generations, strict=True)
        for message in _exchange(conversation, len(histories[conversation.pk]), prompt, generation)
    )
    Conversation.objects.filter(pk__in=[each.pk for each in conversations]).update(updated_at=timezone.now())
    return state


def _histories(conversations: Sequence[Conversation]) -> dict[int, list[Message]]:
    histories: dict[int, list[Message]] = defaultdict(list)
    stored = [each.pk for each in conversations if each.pk is not None]
    messages = Message.objects.filter(conversation__in=stored).select_related("generation").order_by("position")
    for message in messages:
        histories[message.conversation_id].append(message)
    return histories


def _exchange(
    conversation: Conversation, position: int, prompt: str, generation: Generation
) -> tuple[Message, Message]:
    return (
        Message(conversation=conversation, position=position, role=Message.Role.USER, text=prompt),
        Message(conversation=conversation, position=position + 1, role=Message.Role.ASSISTANT, generation=generation),
    )


def retry_answer(*, generation: Generation, topic: str) -> RunState:
    """Ask for an answer again, with the history that it had; raises Conflict where it is not one to be retried."""
    answer = Message.objects.select_related("conversation").get(generation=generation)
    before = answer.conversation.messages.filter(position__lt=answer.position).select_related("generation")
    *history, prompt = before.order_by("position")
    return retry_generation(
        generation=generation,
        topic=topic,
        request=request_for(answer.conversation, history, prompt.text),
    )


def delete_conversations(conversations: Sequence[Conversation]) -> None:
    """Delete conversations with their messages, answers and runs; call it within the caller's transaction."""
    keys = [each.pk for each in conversations]
    generations = Generation.objects.filter(message__conversation__in=keys)
    runs = {run for pair in generations.values_list("run", "current_run") for run in pair}
    Conversation.objects.filter(pk__in=keys).delete()
    Run.objects.filter(pk__in=runs).delete()
