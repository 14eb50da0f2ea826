"""Counting an answer: tokens as the provider reported them, else an estimate marked as one, and its price."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable

from generations.models import Generation
from providers.adapters.base import Request, Usage
from providers.catalogue import price
from providers.selectors import split_selection

_WORDS = re.compile(r"[A-Za-z]+|\d{1,3}|[^\sA-Za-z\d]")
_OF_WORDS = string.ascii_letters + string.digits
LETTERS_PER_TOKEN = 6
IMAGE_TOKENS = 1000
"""About what an image of a usual size counts; vendors count between some hundred and a few thousand."""


def estimate_tokens(text: str) -> int:
    """About how many tokens a usual tokenizer makes of a text: one for up to six letters, three digits or one other
    sign."""
    return sum(-(-len(match.group()) // LETTERS_PER_TOKEN) for match in _WORDS.finditer(text))


class TokenCount:
    """The estimate for a text that still grows: each piece is looked at once, but for an unfinished word."""

    def __init__(self, text: str = "") -> None:
        self._settled = 0
        self._rest = ""
        self.add(text)

    def add(self, text: str) -> None:
        end = len(text.rstrip(_OF_WORDS))
        if end:
            self._settled += estimate_tokens(self._rest + text[:end])
            self._rest = ""
        self._rest += text[end:]

    @property
    def tokens(self) -> int:
        return self._settled + estimate_tokens(self._rest)


def fill_usage(generation: Generation, usage: Usage | None) -> None:
    """Set a generation's tokens and cost from what the provider reported, or from its request and text."""
    reported = usage is not None
    if usage is None:
        if not generation.text and not generation.reasoning:
            return
        usage = _estimate(generation)
    generation.usage_source = "provider" if reported else "estimate"
    generation.input_tokens = usage.input_tokens
    generation.output_tokens = usage.output_tokens
    generation.reasoning_tokens = usage.reasoning_tokens
    generation.cached_input_tokens = usage.cached_input_tokens
    provider, model = answering_model(generation)
    generation.cost = price(provider, model, usage)


def estimate_request(request: Request) -> int:
    """About how many tokens a question has."""
    images = sum(len(message.images) for message in request.messages)
    return _asked([request.system, *(message.text for message in request.messages)], images)


def answering_model(generation: Generation) -> tuple[str, str]:
    """The provider and the model that answered, or are to."""
    if generation.answered_by:
        return split_selection(generation.answered_by)
    return generation.provider, generation.model


def _estimate(generation: Generation) -> Usage:
    request = generation.request or {"system": "", "messages": []}
    images = sum(len(message.get("images", ())) for message in request["messages"])
    reasoning = estimate_tokens(generation.reasoning)
    return Usage(
        input_tokens=_asked([request["system"], *(message["text"] for message in request["messages"])], images),
        output_tokens=estimate_tokens(generation.text) + reasoning,
        reasoning_tokens=reasoning,
    )


def _asked(texts: Iterable[str], images: int) -> int:
    return sum(map(estimate_tokens, texts)) + IMAGE_TOKENS * images
