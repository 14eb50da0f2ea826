"""The plain text in the events of a Markdown parser, without code, HTML and addresses."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyromark.event import Range


@dataclass(slots=True)
class Leaf:
    """The plain text of one paragraph, heading, cell or tight list item.

    ``pieces`` are ranges of bytes in order, each with the start of the innermost bold text, link or image that it is
    in, or -1. Emphasis does not count: it may begin in one formula and end in the next, as in ``$x^*$ and $y^*$``.
    """

    pieces: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def start(self) -> int:
        return self.pieces[0][0]

    @property
    def end(self) -> int:
        return self.pieces[-1][1]

    def element(self, offset: int) -> int | None:
        """Return the element that a byte of plain text is in; None for any other byte."""
        number = bisect_right(self.pieces, offset, key=lambda piece: piece[0]) - 1
        start, end, element = self.pieces[max(number, 0)]
        return element if start <= offset < end else None


def leaves(events: Iterable[tuple[Any, Range]]) -> Iterator[Leaf]:
    """Yield the leaves that have plain text, in order."""
    leaf = Leaf()
    elements = [-1]
    verbatim = False
    for event, span in events:
        match event:
            case {"Start": {"CodeBlock": _} | "HtmlBlock"}:
                verbatim = True
            case {"End": "CodeBlock" | "HtmlBlock"}:
                verbatim = False
            case {"Start": "Emphasis" | "Strikethrough"} | {"End": "Emphasis" | "Strikethrough"}:
                pass
            case {"Start": "Strong" | {"Link": _} | {"Image": _}}:
                elements.append(span["start"])
            case {"End": "Strong" | "Link" | "Image"}:
                elements.pop()
            case {"Start": _} | {"End": _}:
                if leaf.pieces:
                    yield leaf
                    leaf = Leaf()
            case {"Text": _} if not verbatim:
                leaf.pieces.append((span["start"], span["end"], elements[-1]))
            case _:
                pass
