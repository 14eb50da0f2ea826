"""Estimates of the tokens of a text or a request, used before a provider reports them and if it reports none."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable

from providers.adapters.base import Request

_WORDS = re.compile(r"[A-Za-z]+|\d{1,3}|[^\sA-Za-z\d]")
_WORD_CHARACTERS = string.ascii_letters + string.digits
LETTERS_PER_TOKEN = 6
IMAGE_TOKENS = 1000
"""An estimate for an image of a usual size; vendors count between a few hundred and a few thousand."""


def estimate_tokens(text: str) -> int:
    """Return about as many tokens as a usual tokenizer makes of a text.

    A token is up to six letters, up to three digits, or one other character.
    """
    return sum(-(-len(match.group()) // LETTERS_PER_TOKEN) for match in _WORDS.finditer(text))


class TokenCount:
    """A running estimate for a text that grows; each piece is counted once, except an unfinished word."""

    def __init__(self, text: str = "") -> None:
        self._settled = 0
        self._rest = ""
        self.add(text)

    def add(self, text: str) -> None:
        end = len(text.rstrip(_WORD_CHARACTERS))
        if end:
            self._settled += estimate_tokens(self._rest + text[:end])
            self._rest = ""
        self._rest += text[end:]

    @property
    def tokens(self) -> int:
        return self._settled + estimate_tokens(self._rest)


def estimate_input_tokens(texts: Iterable[str], images: int) -> int:
    return sum(map(estimate_tokens, texts)) + IMAGE_TOKENS * images


def estimate_request(request: Request) -> int:
    """Return the estimated input tokens of a request."""
    images = sum(len(message.images) for message in request.messages)
    return estimate_input_tokens([request.system, *(message.text for message in request.messages)], images)
