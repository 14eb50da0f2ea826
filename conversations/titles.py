"""The title that a model gives a chat after the first exchange.

A title is an answer like any other, with a run of its own: it counts toward budgets and can be stopped.
"""

from __future__ import annotations

import logging
import re
from decimal import Decimal

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
from providers.listed_models import known_model
from providers.model_ref import ModelRef
from providers.prices import list_price
from providers.shortlist import shortlisted_models

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
PARAMETERS = Parameters(text_tokens=1000, reasoning_effort="none")
CHEAP = Decimal(5)
"""Dollars per million output tokens up to which a chat's own model makes the title."""
DEAR = re.compile(r"-pro\b|deep-research", re.IGNORECASE)
"""Models that are never asked for a title, whatever they cost."""
WRAPPING = " \t\"'“”‘’«»„*#`_."
EMPHASIS = re.compile(r"\*+|`+|__+|^#+\s")
LABEL = re.compile(
    r"^(title|titel|titre|título|titolo|otsikko|заголовок|название|标题|標題|タイトル|제목)\s*[:：]\s*", re.IGNORECASE
)


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
    """Ask the chat's own model, or a cheap one of its provider, for a title once the first answer is complete.

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
    model = title_model(conversation.provider, conversation.model)
    if model is None:
        return
    exchange = f"{INSTRUCTION}\n\nQuestion:\n{prompt.text[:EXCERPT]}\n\nAnswer:\n{answer[:EXCERPT]}"
    listed = known_model(conversation.user, ModelRef(conversation.provider, model))
    request = Request(model, (RequestMessage("user", exchange),), parameters=PARAMETERS, listed=listed)
    with transaction.atomic():
        start_run(
            user=conversation.user,
            topic=title_topic(conversation),
            requests=[GenerationRequest(conversation.provider, request)],
            new_topic=True,
            on_complete=TAKE_TITLE,
            batch=True,
        )


def title_model(provider: str, model: str) -> str | None:
    """Return the model that makes a chat's title: its own if it is cheap or nothing is known of its price, else the
    cheapest of its provider's short list; None if all are dear."""
    own = list_price(provider, model).output
    if DEAR.search(model) or (own is not None and own > CHEAP):
        prices = {each: list_price(provider, each).output for each in shortlisted_models(provider)}
        known = {each: price for each, price in prices.items() if price is not None and not DEAR.search(each)}
        cheapest = min(known, key=lambda each: known[each], default=None)
        if cheapest is not None and (own is None or known[cheapest] < own):
            model = cheapest
    return None if DEAR.search(model) else model


@on_complete(TAKE_TITLE)
def take_title(generation: Generation) -> None:
    """Save the generated title, unless the user has renamed the conversation meanwhile."""
    title = clean_title(generation.text) if generation.status == Generation.Status.COMPLETED else ""
    first = _FIRST_PROMPT.row(chat_of_title(generation.current_run.topic)) if title else None
    if first is not None:
        unchanged = Conversation.objects.filter(pk=first.conversation_id, title=default_title(first.text))
        unchanged.update(title=title)


def clean_title(text: str) -> str:
    """Return the first line that is not blank, without quotes, Markdown and the word "Title"; empty if it is too long
    for a title."""
    lines = (LABEL.sub("", EMPHASIS.sub("", line).strip()).strip(WRAPPING) for line in text.splitlines())
    title = " ".join(next((line for line in lines if line), "").split())
    return title if len(title) <= MAX_LENGTH else ""
