"""The open block of a stream, which is its last and unfinished one: its interface, its patches, its unfinished line."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Literal, Protocol

from generations.rendering.limits import takes_too_long
from generations.rendering.phrases import Memo
from generations.rendering.urls import ends_in_url
from generations.rendering.writer import Written

BURST = 0.02
"""Seconds that a stream may take at once."""
SHARE = 0.05
"""Seconds in each second that it may take in the long run."""
SECONDS_PER_CHARACTER = 0.4e-6
"""Seconds that each character of the text pays for, which counts if it arrives faster than anybody can read."""
SECONDS_PER_CHARACTER_OF_HTML = 0.1e-6
"""The time that it takes elsewhere to send and to show what was rendered."""
Swap = Literal["before-open", "open", "tail", "item", "last-item"]
# A line of these alone may still become another kind of block, or part of the one before.
_MARKERS = re.compile(r"(?:[-+*_=#`~|:$<\[\]!\\ \t>]|\d[.)]?|\[[xX])*")
_FENCE = re.compile(r"[\s>*+\-\d.)]*(?:`{3}|~{3})")
# The beginning of a line that settles its kind of block: markers, and then a character that is none.
_DECIDED = re.compile(r" *+(?:(?:[-+*]|\d{1,9}[.)]) ++[^\s\-*_]|[-+*#_>\d.) ]*+[^\s\d\-+*_=#>`~|<.)\t])")
_WWW = re.compile(r"www\.", re.IGNORECASE)
# Words and spaces, without any character that means something in Markdown, HTML or a URL.
_PLAIN = re.compile(r"(?:[^\s*_`~$\[\]<>&\\#);/]| )*")


@dataclass(frozen=True, slots=True)
class Patch:
    """One change to a column.

    ``before-open`` inserts closed blocks before the open block's element, ``open`` replaces that element's content,
    ``tail`` appends to the marked element in it, ``item`` appends to the open list, and ``last-item`` replaces the open
    list's last item.
    """

    swap: Swap
    html: str


@dataclass(frozen=True, slots=True)
class Next:
    """The end of an open block: ``closed`` is its final HTML, if any; ``rest`` is the text that continues as a block of
    ``kind``."""

    closed: str
    rest: str
    kind: str = "Text"


@dataclass(slots=True)
class Budget:
    """A limit on how often a stream renders its open block again, and the memory of what was rendered in it.

    Readers see every change of an answer that is written as fast as models write. A flood of text, and a block that
    takes long, are rendered less often.
    """

    memo: Memo = field(default_factory=dict)
    _left: float = BURST
    _counted_at: float = field(default_factory=time.monotonic)

    def earn(self, text: str) -> None:
        now = time.monotonic()
        earned = SECONDS_PER_CHARACTER * len(text) + SHARE * (now - self._counted_at)
        self._left, self._counted_at = min(BURST, self._left + earned), now

    def allows(self) -> bool:
        return self._left > 0

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Count the time that a block of code takes."""
        began = time.thread_time()
        try:
            yield
        finally:
            self._left -= time.thread_time() - began

    def spend_html(self, length: int) -> None:
        """Count HTML that is sent."""
        self._left -= SECONDS_PER_CHARACTER_OF_HTML * length


class Pieces:
    """A text that grows by pieces, which are joined only if all of it is needed."""

    def __init__(self, text: str) -> None:
        self._pieces = [text]

    def add(self, text: str) -> None:
        self._pieces.append(text)

    @property
    def text(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0]


class OpenBlock(Protocol):
    """The interface of an open block; each kind of block has a class of its own."""

    @property
    def source(self) -> str:
        """All of the block's text so far."""

    @property
    def html(self) -> str:
        """The HTML that is shown so far."""

    @property
    def marked(self) -> str:
        """This HTML, with a mark in the element to which text is appended."""

    def feed(self, text: str) -> list[Patch] | Next:
        """Take more text; return the patches that show it, or Next if the block ends with it."""


class AppendedBlock:
    """A block of which everything that is shown stays as it is; more is appended."""

    def __init__(self, text: str, written: Written) -> None:
        self._pieces = Pieces(text)
        self._written = written

    @property
    def html(self) -> str:
        return self._written.html

    @property
    def marked(self) -> str:
        return self._written.marked

    def _appended(self, html: str) -> Patch:
        self._written.body.append(html)
        return Patch("tail", html)


class BlockOfLines(AppendedBlock):
    """A block to which complete lines are appended."""

    _is_searched = False

    @property
    def _line(self) -> str:
        """The unfinished last line."""
        return self._pieces.text

    def feed(self, text: str) -> list[Patch] | Next:
        self._pieces.add(text)
        # The text that the block began with may already have line ends.
        if "\n" not in text and self._is_searched:
            return []
        self._is_searched = True
        end = self._line.rfind("\n") + 1
        if not end:
            return []
        lines, self._pieces = self._line[:end], Pieces(self._line[end:])
        return self._take(lines)

    def _take(self, lines: str) -> list[Patch] | Next:
        """Take complete lines, which are no longer in ``_line``."""
        raise NotImplementedError


@dataclass(slots=True)
class Leaf:
    """The HTML of the text that is shown, to which plain words can be appended without parsing, if it is
    ``open_ended``.

    ``end`` is the end of that text, ``held`` the spaces after it, which are shown with the next word.
    """

    written: Written = field(default_factory=Written)
    open_ended: bool = False
    end: str = ""
    held: str = ""

    @classmethod
    def of(cls, written: Written, visible: str, text: str) -> Leaf:
        """Return a leaf; ``visible`` is the part of ``text`` that ``written`` shows."""
        stripped = visible.rstrip(" ")
        plain = bool(stripped) and bool(_PLAIN.fullmatch(stripped[-1]))
        plain = plain and "<" not in text and not ends_in_url(text)
        open_ended = bool(written.head) and visible == text and plain
        return cls(written, open_ended, stripped[-3:], visible[len(stripped) :])

    def append(self, text: str) -> list[Patch] | None:
        """Append text if it is plain words; return None if it has to be parsed."""
        if not self.open_ended:
            return None
        text = self.held + text
        fresh = text.rstrip(" ")
        if not _PLAIN.fullmatch(fresh) or _WWW.search(self.end + text):
            self.open_ended = False
            return None
        self.held = text[len(fresh) :]
        if not fresh:
            return []
        self.end = (self.end + fresh)[-3:]
        self.written.body.append(escape(fresh, quote=False))
        return [Patch("tail", self.written.body[-1])]


class ParsedBlock:
    """A block that is parsed again as it grows, unless only plain words come."""

    def __init__(self, text: str, budget: Budget, written: Written | None = None) -> None:
        self._pieces = Pieces(text)
        self._budget = budget
        self._leaf = Leaf(written or Written())

    def feed(self, text: str) -> list[Patch] | Next:
        self._pieces.add(text)
        patches = self._leaf.append(text)
        if patches is not None:
            return patches
        if not self._budget.allows():
            return []
        with self._budget.spending():
            return [] if takes_too_long(self._pieces.text) else self._rendering()

    def _rendering(self) -> list[Patch] | Next:
        """Render the text again."""
        raise NotImplementedError


def decided(text: str) -> str:
    """Return the lines whose kind of block is certain: all complete lines, and the last one if its first characters
    settle it."""
    line = _last_line(text)
    return text if _DECIDED.match(line) and not _is_hidden(line) else text[: len(text) - len(line)]


def visible(text: str) -> str:
    """Return the text without its last line if that has only marker characters so far, or opens a fence."""
    line = _last_line(text)
    return text[: len(text) - len(line)] if _is_hidden(line) else text


def _is_hidden(line: str) -> bool:
    return bool(_MARKERS.fullmatch(line) or _FENCE.match(line))


def _last_line(text: str) -> str:
    return text[text.rfind("\n") + 1 :]
