"""The rendering of a whole answer."""

from __future__ import annotations

from generations.rendering.blocks import normalized
from generations.rendering.open_text import written_text


def render(text: str) -> str:
    """Return the sanitized HTML of a whole text.

    Takes up to 1 ms per 1,000 characters; what would take longer is shown as it was written. Call it in a thread, not
    on a loop.
    """
    return written_text(normalized(text), {}).html
