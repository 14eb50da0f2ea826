"""The rendering of a whole answer."""

from __future__ import annotations

from generations.rendering.blocks import normalized
from generations.rendering.open_block import Budget
from generations.rendering.open_text import written_text


def render(text: str) -> str:
    """Return the sanitized HTML of a whole text.

    Takes 1 to 2 ms per 10,000 characters of prose, 2 to 4 ms per 1,000 characters of highlighted code. Call it in a
    thread, not on a loop.
    """
    return written_text(normalized(text), Budget()).html
