"""The open (last, unfinished) block of a stream: its base class, its patches, and the reading of an unfinished line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import Literal, Protocol

from generations.rendering.writer import Memo, Written

EARNED = 4
GROWTH = 8
Swap = Literal["before-open", "open", "tail", "item", "last-item"]
_MARKERS = re.compile(r"(?:[-+*_=#`~|:$<\[\]!\\ \t>]|\d[.)]?|\[[xX])*")
_FENCE = re.compile(r"[\s>*+\-\d.)]*(?:`{3}|~{3})")
_DECIDED = re.compile(r" *(?:(?:[-+*]|\d{1,9}[.)]) +[^\s\-*_]|[-+*#_>\d.) ]*[^\s\d\-+*_=#>`~|<.)\t])")
_PLAIN = re.compile(r"(?:[^\s*_`~$\[\]<>&\\#);]| )*")


@dataclass(frozen=True, slots=True)
class Patch:
    """One change to a column: ``before-open`` inserts closed blocks before the open block's element, ``open`` replaces
    that element's content, ``tail`` appends to the marked element inside it, ``item`` appends to the open list, and
    ``last-item`` replaces the open list's last item."""

    swap: Swap
    html: str


@dataclass(frozen=True, slots=True)
class Next:
    """The end of an open block: ``closed`` is its final HTML (if any), ``rest`` the text that goes on as ``kind``."""

    closed: str
    rest: str
    kind: str = "Text"


@dataclass(slots=True)
class Budget:
    """The rendering work that one stream may do again, and its memory of the open block.

    Each new character earns a few characters of HTML. A block is rendered again when that pays for it, or when it grew
    by an eighth; so the bytes sent stay a small multiple of the text, however long a block becomes.
    """

    memo: Memo = field(default_factory=dict)
    earned: int = 2_000

    def earn(self, text: str) -> None:
        self.earned += EARNED * len(text)

    def allows(self, cost: int, fresh: int, length: int) -> bool:
        return self.earned >= cost or GROWTH * fresh >= length

    def spend(self, cost: int) -> None:
        self.earned = max(self.earned - cost, 0)


class OpenBlock(Protocol):
    """A kind of open block: takes text, and returns the patches that this means."""

    @property
    def source(self) -> str: ...

    @property
    def html(self) -> str: ...

    @property
    def marked(self) -> str: ...

    def feed(self, text: str) -> list[Patch] | Next: ...


@dataclass(slots=True)
class Leaf:
    """The HTML of a text as far as it is shown, to which plain words can be appended without parsing."""

    written: Written = field(default_factory=Written)
    shown: int = 0
    open_ended: bool = False

    @classmethod
    def of(cls, written: Written, visible: str, text: str) -> Leaf:
        """Return a leaf; ``visible`` is the part of ``text`` that ``written`` shows."""
        stripped = visible.rstrip(" ")
        plain = bool(stripped) and bool(_PLAIN.fullmatch(stripped[-1]))
        return cls(written, len(stripped), bool(written.head) and visible == text and plain and "<" not in text)

    def append(self, text: str) -> list[Patch] | None:
        """Show the text after ``shown`` if it is plain words; return None if it has to be parsed."""
        fresh = text[self.shown :].rstrip(" ")
        if not self.open_ended or not _PLAIN.fullmatch(fresh):
            return None
        if not fresh:
            return []
        self.shown += len(fresh)
        self.written.body.append(escape(fresh, quote=False))
        return [Patch("tail", self.written.body[-1])]


def decided(text: str) -> str:
    """Return the lines whose blocks are certain: the complete ones, and the last one if its first characters settle
    it."""
    line = _last_line(text)
    return text if _DECIDED.match(line) and not _is_hidden(line) else text[: len(text) - len(line)]


def visible(text: str) -> str:
    """Return the text without a last line that has only marker characters so far, or that opens a fence."""
    line = _last_line(text)
    return text[: len(text) - len(line)] if _is_hidden(line) else text


def _is_hidden(line: str) -> bool:
    return bool(_MARKERS.fullmatch(line) or _FENCE.match(line))


def _last_line(text: str) -> str:
    return text[text.rfind("\n") + 1 :]
