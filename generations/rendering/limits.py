"""The most that rendering takes and gives, whatever a text contains; one that would exceed it is shown as written."""

from __future__ import annotations

from html import escape

MAX_GROWTH = 8
"""The most characters of HTML for each character of a text."""
FREE_HTML = 64_000
"""Characters of HTML that any text may become."""
SECONDS_PER_MARK = 5e-6
"""The time that each character takes that can mean something in Markdown."""
SECONDS_PER_CHARACTER = 1e-6
"""The time that each character of a text pays for."""
FREE_SECONDS = 0.04
"""The time that any text may take."""
_MARKS = (
    *("*", "_", "`", "~", "[", "]", "<", ">", "&", "|", "\\", "$", "\n"),
    # Lists inside of lists, notes, URLs and formulas take longer than the rest.
    *2 * ("- ", "+ ", ". ", ") ", "]:"),
    *3 * ("://", "www.", "$", "\\(", "\\)", "\\[", "\\]"),
)
HEAD = (
    '<div class="as-written"><p>This part is shown as it was written, because it has too much markup.</p>'
    '<pre dir="auto" tabindex="0">'
)
FOOT = "</pre></div>"
"""The HTML around a text that is shown as it is."""


def takes_too_long(text: str) -> bool:
    """Return True if the marks in a text are so many that rendering it would keep others waiting."""
    if len(text) * SECONDS_PER_MARK <= FREE_SECONDS:
        return False
    seconds = SECONDS_PER_MARK * sum(map(text.count, _MARKS))
    return seconds > max(FREE_SECONDS, SECONDS_PER_CHARACTER * len(text))


def is_too_large(html: int, text: int, free: int = FREE_HTML) -> bool:
    """Return True if so many characters of HTML are too many for a text of this length; ``free`` of them never are."""
    return html > max(free, MAX_GROWTH * text)


def as_written(text: str) -> str:
    """Return the HTML that shows a text as it is."""
    return f"{HEAD}{escape(text, quote=False)}{FOOT}"
