"""A title for a chat, from its first exchange, by the same model; and the end of what was discarded.

The title is an answer like any other, with its own run: counted, retried and stopped alike.
"""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import connections, transaction
from django.utils import timezone

from conversations.message_images import delete_unsent_images
from conversations.models import Conversation, Message
from conversations.services import PURGE_TASK, TITLE_TASK, UNDO, default_title, delete_conversation, title_topic
from core.errors import TooManyRequests
from generations.limits.admission import GenerationRequest
from generations.models import Generation
from generations.services import start_run
from providers.adapters.base import Message as Told
from providers.adapters.base import Parameters, Request

logger = logging.getLogger(__name__)

TAKE_TITLE_TASK = "conversations.take_title"
INSTRUCTION = (
    "Give the following exchange a title of two to six words, in its own language. "
    "Answer with the title alone: no quotes, no full stop, nothing else."
)
EXCERPT = 1500
"""Characters of the prompt and of the answer that are enough for a title."""
LONGEST_TITLE = 80
LIMIT = 1000
"""Output tokens, for some models think before they say six words."""
WRAPPING = " \t\"'“”‘’«»„*#`_."


@shared_task(name=TITLE_TASK, ignore_result=True)
def make_title(run_id: int) -> None:
    """Ask for a title once the first answer is whole. The demo's models know only their own words."""
    try:
        answer = (
            Message.objects.select_related("conversation__user", "parent", "generation")
            .filter(generation__current_run=run_id, generation__status=Generation.Status.COMPLETED)
            .first()
        )
        if answer is not None and answer.parent is not None and answer.conversation.provider != "demo":
            _ask_title(answer.conversation, answer.parent, answer)
    except TooManyRequests as refusal:
        logger.info("a chat keeps its first words as the title: %s", refusal)
    finally:
        connections.close_all()


def _ask_title(conversation: Conversation, prompt: Message, answer: Message) -> None:
    said = answer.generation.text if answer.generation is not None else ""
    exchange = f"{INSTRUCTION}\n\nQuestion:\n{prompt.text[:EXCERPT]}\n\nAnswer:\n{said[:EXCERPT]}"
    request = Request(conversation.model, (Told("user", exchange),), parameters=Parameters(max_tokens=LIMIT))
    with transaction.atomic():
        start_run(
            user=conversation.user,
            topic=title_topic(conversation),
            requests=[GenerationRequest(conversation.provider, request)],
            on_complete_task=TAKE_TITLE_TASK,
            batch=True,
        )


@shared_task(name=TAKE_TITLE_TASK, ignore_result=True)
def take_title(run_id: int) -> None:
    """Take what came as the title, unless a person has named the conversation meanwhile."""
    try:
        made = (
            Generation.objects.select_related("current_run")
            .filter(current_run=run_id, status=Generation.Status.COMPLETED)
            .first()
        )
        title = clean_title(made.text) if made is not None else ""
        if made is not None and title:
            _entitle(made.current_run.topic, title)
    finally:
        connections.close_all()


def clean_title(text: str) -> str:
    """The first line that says something, without quotes and marks; empty where it is no title."""
    lines = (line.strip(WRAPPING) for line in text.splitlines())
    title = " ".join(next((line for line in lines if line), "").split())
    return title if len(title) <= LONGEST_TITLE else ""


def _entitle(topic: str, title: str) -> None:
    conversation = Conversation.objects.filter(public_id=topic.removeprefix("title.")).first()
    first = None if conversation is None else conversation.messages.order_by("pk").first()
    if conversation is not None and first is not None:
        Conversation.objects.filter(pk=conversation.pk, title=default_title(first.text)).update(title=title)


@shared_task(name=PURGE_TASK, ignore_result=True)
def purge_discarded() -> None:
    """Delete for good what was discarded long enough ago, and images that were never sent."""
    try:
        for conversation in Conversation.objects.filter(discarded_at__lt=timezone.now() - UNDO):
            delete_conversation(conversation=conversation)
        delete_unsent_images()
    finally:
        connections.close_all()
