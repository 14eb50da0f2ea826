"""A check that a refused request leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from comparisons.models import Candidate, Comparison, Turn, Vote
from conversations.models import Conversation, Message
from generations.models import Generation, Run
from images.models import Image

MODELS = (Comparison, Candidate, Turn, Vote, Conversation, Message, Run, Generation, Image)


@contextmanager
def nothing_created() -> Iterator[None]:
    """Fail if the block changes the number of rows of any model."""
    before = _counts()
    yield
    assert _counts() == before


def _counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in MODELS}
