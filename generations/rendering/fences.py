"""The lines of a fence, and the one that closes it."""

from __future__ import annotations

import re

MAX_INNER = 20
"""Inner fences of one fence that count; each costs one more parse."""
MARKDOWN = ("markdown", "md", "mdx")
_FENCE_LINE = re.compile(r" {0,3}(`{3,}|~{3,}) *([^`]*)")


class FenceLines:
    """The state of an open fence, which is asked line by line whether a line closes it.

    In a fence of Markdown, a line that opens another fence with a language opens an inner one, which the next closing
    line closes. CommonMark would close the outer one there, which no model means that writes a file of Markdown.
    """

    def __init__(self, marker: str, language: str) -> None:
        self._marker = marker
        self._inner = ""
        self._left = MAX_INNER if language.lower() in MARKDOWN else 0

    def closes(self, line: str) -> bool:
        """Take the next line without its line end; return True if it closes the fence."""
        marker, info = _parts(line)
        if not marker:
            return False
        if info:
            # White space other than spaces neither opens an inner fence nor closes one.
            if info.strip():
                self._open_inner(marker)
            return False
        if not self._inner:
            return _is_closed_by(self._marker, marker)
        if _is_closed_by(self._inner, marker):
            self._inner = ""
        return False

    def _open_inner(self, marker: str) -> None:
        if self._left and not self._inner and marker == self._marker:
            self._inner = marker
            self._left -= 1


def is_fence_line(line: str) -> bool:
    """Return True if a line opens or closes a fence, depending on the lines before it."""
    return bool(_parts(line)[0])


def _parts(line: str) -> tuple[str, str]:
    """Return the marker of a line that opens or closes a fence, and its info string."""
    match = _FENCE_LINE.fullmatch(line)
    return (match[1], match[2]) if match else ("", "")


def _is_closed_by(opening: str, marker: str) -> bool:
    return marker[0] == opening[0] and len(marker) >= len(opening)
