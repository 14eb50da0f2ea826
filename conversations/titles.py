"""The title that a model gives a chat after the first exchange.

A title is an answer like any other, with a run of its own: it counts toward budgets and can be stopped.
"""

from __future__ import annotations

import logging

from django.db import transaction

from conversations.models import Conversation, Message
from conversations.services import MAKE_TITLE, chat_of_title, default_title, title_topic
from core.errors import TooManyRequests
from core.statements import PreparedQuery
from generations.limits.admission import GenerationRequest
from generations.models import Generation
from generations.on_complete import on_complete
from generations.services import start_run
from providers.adapters.base import Message as RequestMessage
from providers.adapters.base import Parameters, Request

logger = logging.getLogger(__name__)

TAKE_TITLE = "conversations.take_title"
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


_ANSWER = PreparedQuery(
    lambda generation: Message.objects.select_related("conversation__user", "parent").filter(generation=generation),
    None,
)
_FIRST_PROMPT = PreparedQuery(
    lambda chat: Message.objects.select_related("conversation").filter(conversation__public_id=chat).order_by("pk")[:1],
    Conversation._meta.get_field("public_id"),
)


@on_complete(MAKE_TITLE)
def make_title(generation: Generation) -> None:
    """Ask the chat's own model for a title once the first answer is complete.

    Demo models are not asked, because they only recite prepared texts.
    """
    if generation.status != Generation.Status.COMPLETED:
        return
    answer = _ANSWER.row(generation.pk)
    if answer is None or answer.parent is None or answer.conversation.provider == "demo":
        return
    try:
        _request_title(answer.conversation, answer.parent, generation.text)
    except TooManyRequests as refusal:
        logger.info("a chat keeps its first words as the title: %s", refusal)


def _request_title(conversation: Conversation, prompt: Message, answer: str) -> None:
    exchange = f"{INSTRUCTION}\n\nQuestion:\n{prompt.text[:EXCERPT]}\n\nAnswer:\n{answer[:EXCERPT]}"
    request = Request(
        conversation.model, (RequestMessage("user", exchange),), parameters=Parameters(max_tokens=MAX_TOKENS)
    )
    with transaction.atomic():
        start_run(
            user=conversation.user,
            topic=title_topic(conversation),
            requests=[GenerationRequest(conversation.provider, request)],
            new_topic=True,
            on_complete=TAKE_TITLE,
            batch=True,
        )


@on_complete(TAKE_TITLE)
def take_title(generation: Generation) -> None:
    """Save the generated title, unless the user has renamed the conversation meanwhile."""
    title = clean_title(generation.text) if generation.status == Generation.Status.COMPLETED else ""
    first = _FIRST_PROMPT.row(chat_of_title(generation.current_run.topic)) if title else None
    if first is not None:
        unchanged = Conversation.objects.filter(pk=first.conversation_id, title=default_title(first.text))
        unchanged.update(title=title)


def clean_title(text: str) -> str:
    """Return the first line that is not blank, without quotes and Markdown; empty if it is too long for a title."""
    lines = (line.strip(WRAPPING) for line in text.splitlines())
    title = " ".join(next((line for line in lines if line), "").split())
    return title if len(title) <= MAX_LENGTH else ""
