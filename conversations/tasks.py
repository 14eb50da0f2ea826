"""Celery tasks: the title that a model gives a chat, and the purge of discarded chats.

A title is an answer like any other, with a run of its own: it counts toward budgets and can be stopped.
"""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import connections, transaction
from django.utils import timezone

from conversations.message_images import delete_unsent_images
from conversations.models import Conversation, Message
from conversations.services import PURGE_TASK, TITLE_TASK, UNDO_WINDOW, default_title, delete_conversation, title_topic
from core.async_db import in_other_thread
from core.errors import TooManyRequests
from generations.limits.admission import GenerationRequest
from generations.models import Generation
from generations.services import start_run
from providers.adapters.base import Message as RequestMessage
from providers.adapters.base import Parameters, Request

logger = logging.getLogger(__name__)

TAKE_TITLE_TASK = "conversations.take_title"
INSTRUCTION = (
    "Give the following exchange a title of two to six words, in its own language. "
    "Answer with the title alone: no quotes, no period, nothing else."
)
EXCERPT = 1500
"""Characters of the prompt and of the answer that are enough for a title."""
MAX_LENGTH = 80
"""Characters; a longer first line is no title, so the chat keeps its first words."""
MAX_TOKENS = 1000
"""Output tokens; some models spend hundreds on reasoning before they write six words."""
WRAPPING = " \t\"'“”‘’«»„*#`_."


@shared_task(name=TITLE_TASK, ignore_result=True)
def make_title(run_id: int) -> None:
    """Ask the chat's own model for a title once the first answer is complete.

    Demo models are not asked, because they only recite prepared texts.
    """
    in_other_thread(_make_title, run_id)


def _make_title(run_id: int) -> None:
    answer = (
        Message.objects.select_related("conversation__user", "parent", "generation")
        .filter(generation__current_run=run_id, generation__status=Generation.Status.COMPLETED)
        .first()
    )
    if answer is None or answer.parent is None or answer.conversation.provider == "demo":
        return
    try:
        _request_title(answer.conversation, answer.parent, answer)
    except TooManyRequests as refusal:
        logger.info("a chat keeps its first words as the title: %s", refusal)


def _request_title(conversation: Conversation, prompt: Message, answer: Message) -> None:
    text = answer.generation.text if answer.generation is not None else ""
    exchange = f"{INSTRUCTION}\n\nQuestion:\n{prompt.text[:EXCERPT]}\n\nAnswer:\n{text[:EXCERPT]}"
    request = Request(
        conversation.model, (RequestMessage("user", exchange),), parameters=Parameters(max_tokens=MAX_TOKENS)
    )
    with transaction.atomic():
        start_run(
            user=conversation.user,
            topic=title_topic(conversation),
            requests=[GenerationRequest(conversation.provider, request)],
            new_topic=True,
            on_complete_task=TAKE_TITLE_TASK,
            batch=True,
        )


@shared_task(name=TAKE_TITLE_TASK, ignore_result=True)
def take_title(run_id: int) -> None:
    """Save the generated title, unless the user has renamed the conversation meanwhile."""
    in_other_thread(_take_title, run_id)


def _take_title(run_id: int) -> None:
    generation = (
        Generation.objects.select_related("current_run")
        .filter(current_run=run_id, status=Generation.Status.COMPLETED)
        .first()
    )
    title = clean_title(generation.text) if generation is not None else ""
    if generation is not None and title:
        _save_title(generation.current_run.topic, title)


def clean_title(text: str) -> str:
    """Return the first line that is not blank, without quotes and Markdown; empty if it is too long for a title."""
    lines = (line.strip(WRAPPING) for line in text.splitlines())
    title = " ".join(next((line for line in lines if line), "").split())
    return title if len(title) <= MAX_LENGTH else ""


def _save_title(topic: str, title: str) -> None:
    conversation = Conversation.objects.filter(public_id=topic.removeprefix("title.")).first()
    first = None if conversation is None else conversation.messages.order_by("pk").first()
    if conversation is not None and first is not None:
        Conversation.objects.filter(pk=conversation.pk, title=default_title(first.text)).update(title=title)


@shared_task(name=PURGE_TASK, ignore_result=True)
def purge_discarded() -> None:
    """Delete conversations whose deletion can no longer be undone, and images that were never sent."""
    try:
        for conversation in Conversation.objects.filter(discarded_at__lt=timezone.now() - UNDO_WINDOW):
            delete_conversation(conversation=conversation)
        delete_unsent_images()
    finally:
        connections.close_all()
