"""The open block of a stream, which is its last and unfinished one: its interface, its patches, its unfinished line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import Literal, Protocol

from generations.rendering.phrases import Memo
from generations.rendering.urls import ends_in_url
from generations.rendering.writer import Written

EARNED = 4
"""Characters of HTML that each new character of the text pays for."""
GROWTH = 8
"""A block may always be rendered again once it has grown by one part in this many."""
Swap = Literal["before-open", "open", "tail", "item", "last-item"]
# A line of these alone may still become another kind of block, or part of the one before.
_MARKERS = re.compile(r"(?:[-+*_=#`~|:$<\[\]!\\ \t>]|\d[.)]?|\[[xX])*")
_FENCE = re.compile(r"[\s>*+\-\d.)]*(?:`{3}|~{3})")
# The beginning of a line that settles its kind of block: markers, and then a character that is none.
_DECIDED = re.compile(r" *(?:(?:[-+*]|\d{1,9}[.)]) +[^\s\-*_]|[-+*#_>\d.) ]*[^\s\d\-+*_=#>`~|<.)\t])")
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

    Each new character earns ``EARNED`` characters of HTML. A block is rendered again once they pay for its HTML, or
    once it has grown by an eighth. So the bytes sent stay a small multiple of the text, however long a block becomes.
    """

    memo: Memo = field(default_factory=dict)
    # A credit, which lets short blocks be rendered at every change.
    earned: int = 2_000

    def earn(self, text: str) -> None:
        self.earned += EARNED * len(text)

    def allows(self, cost: int, fresh: int, length: int) -> bool:
        return self.earned >= cost or GROWTH * fresh >= length

    def spend(self, cost: int) -> None:
        self.earned = max(self.earned - cost, 0)


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


@dataclass(slots=True)
class Leaf:
    """The HTML of the text that is shown, to which plain words can be appended without parsing.

    ``shown`` counts the characters in it; ``open_ended`` is True if plain words may follow.
    """

    written: Written = field(default_factory=Written)
    shown: int = 0
    open_ended: bool = False

    @classmethod
    def of(cls, written: Written, visible: str, text: str) -> Leaf:
        """Return a leaf; ``visible`` is the part of ``text`` that ``written`` shows."""
        stripped = visible.rstrip(" ")
        plain = bool(stripped) and bool(_PLAIN.fullmatch(stripped[-1]))
        plain = plain and "<" not in text and not ends_in_url(text)
        return cls(written, len(stripped), bool(written.head) and visible == text and plain)

    def append(self, text: str) -> list[Patch] | None:
        """Append the text after ``shown`` if it is plain words; return None if it has to be parsed."""
        fresh = text[self.shown :].rstrip(" ")
        if not self.open_ended or not _PLAIN.fullmatch(fresh) or _WWW.search(text, max(self.shown - 3, 0)):
            return None
        if not fresh:
            return []
        self.shown += len(fresh)
        self.written.body.append(escape(fresh, quote=False))
        return [Patch("tail", self.written.body[-1])]


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
