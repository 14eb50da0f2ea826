"""Display formulas of several lines, whose lines may look like blocks: ``$$``, ``+ 2``, ``= 3``, ``$$``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generations.rendering.formulas import CLOSING, may_be_formula

if TYPE_CHECKING:
    from collections.abc import Callable

Display = tuple[int, int, bool]
"""The range of bytes of a display formula, and True if it is closed."""
MAX_BYTES = 4_000
"""The length up to which a formula that is not closed yet keeps its paragraph open."""
_OPENING = re.compile(rb"^([ \t]*| {0,3}>[ \t>]*)(\$\$|\\\[)(?:[ \t]*$|[^\n]*[\\^_=&{])", re.MULTILINE)
_BLANK_LINE = re.compile(rb"\n[ \t]*\n")
_ITEM = re.compile(rb"\n[ \t>]*(?:[-+*]|\d{1,9}[.)])[ \t\n]")
_OUTSIDE_OF_LISTS = re.compile(rb" {0,3}(?:> {0,4})*")
_PREFIX = re.compile(rb" {0,3}>[ \t>]*|[ \t]*")
# A blank line, or one in which code, HTML or a quotation may begin.
_NO_LINE = re.compile(rb"`|~~~|^(?:<[A-Za-z/!?]|>|$)")


def display_formulas(source: bytes, known: list[Display], is_excluded: Callable[[int], bool]) -> list[Display]:
    """Return each display formula that begins a line and has more than one.

    One that is not closed extends to the end of the text, as long as no blank line has come: more text may close it.
    ``is_excluded`` tells if a byte cannot begin one, because it is in code or in a table. It knows what is true if only
    the ``known`` formulas are none of the text. So of those that follow each other without a blank line,
    only the first is returned that is not known, and none that may be in a list if the text may have another list.
    """
    found: list[Display] = []
    ends = {start: end for start, end, _ in known}
    position = blank = 0
    has_items = False
    while opening := _OPENING.search(source, position):
        prefix, mark = opening.groups()
        start = opening.start(2)
        if start in ends:
            position = ends[start]
            continue
        position = _line_end(source, start)
        if opening.start() < blank:
            continue
        if has_items and not _OUTSIDE_OF_LISTS.fullmatch(prefix):
            blank = _next_block(source, start)
            continue
        first = source[start + len(mark) : position]
        if is_excluded(start) or CLOSING[mark] in first or (first and _NO_LINE.search(first)):
            continue
        end, is_closed = _end(source, position, prefix, CLOSING[mark])
        if end is None or (is_closed and not may_be_formula(source[start + len(mark) : end - len(mark)].decode())):
            continue
        found.append((start, end, is_closed))
        position = end
        blank = _next_block(source, end)
        has_items = has_items or bool(_ITEM.search(source, start, end))
    return found


def _next_block(source: bytes, offset: int) -> int:
    blank = _BLANK_LINE.search(source, offset)
    return blank.end() if blank else len(source)


def _end(source: bytes, line_end: int, prefix: bytes, closing: bytes) -> tuple[int | None, bool]:
    """Return the end of a formula whose first line ends at ``line_end``, and True if its closing mark is there; no end
    if it is none."""
    limit = line_end + MAX_BYTES
    while line_end < len(source):
        start = line_end + 1
        line_end = _line_end(source, start)
        line = source[start:line_end]
        content = _PREFIX.sub(b"", line, count=1)
        if not content and line_end == len(source):
            break
        if not _continues(line[: len(line) - len(content)], prefix) or _NO_LINE.search(content):
            return None, False
        found = content.find(closing)
        if found >= 0:
            return line_end - len(content) + found + len(closing), True
        if line_end > limit:
            return None, False
    return len(source), False


def _continues(before: bytes, prefix: bytes) -> bool:
    """Return True if what stands before a line can be the inside of the same quotation or list item."""
    outside, here = prefix.split(b">"), before.split(b">")
    return len(here) == len(outside) and len(here[0]) >= len(outside[0])


def _line_end(source: bytes, offset: int) -> int:
    end = source.find(b"\n", offset)
    return len(source) if end < 0 else end
