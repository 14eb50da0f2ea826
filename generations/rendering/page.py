"""A whole answer at rest."""

from __future__ import annotations

from generations.rendering.blocks import normalised
from generations.rendering.open_block import Budget
from generations.rendering.open_text import written_text


def render(text: str) -> str:
    """Sanitised HTML of a whole text: 1 to 2 ms for each 10,000 characters of prose, 2 to 4 ms for each 1,000 of
    highlighted code. From a loop, call it in a thread."""
    return written_text(normalised(text), Budget()).html
