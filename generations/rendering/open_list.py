"""An open list: its closed items stay as they are, and its last item is rendered again as it grows."""

from __future__ import annotations

import re
from itertools import chain

from generations.rendering.blocks import Block, items, line_start, parse
from generations.rendering.limits import is_too_large
from generations.rendering.open_block import Budget, Leaf, Next, ParsedBlock, Patch, Pieces, Swap, decided, visible
from generations.rendering.writer import Written, write

_MARKER = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])")


class OpenList(ParsedBlock):
    """An open list, parsed as a stand-in for its closed items, followed by its last item.

    The stand-in is loose if the list is (a loose list has paragraphs in its items). One blank line can make a list
    loose later; then it starts over.
    """

    def __init__(self, source: str, budget: Budget) -> None:
        super().__init__(source, budget)
        self._closed_source: list[str] = []
        self._closed_length = self._closed_html_length = 0
        self._loose = False
        first = parse(decided(source))[0]
        html = write(first.events, source.encode(), budget.memo).html
        self._closed_html = [html[: html.index(">") + 1]]
        self._foot = f"</{html[1:3]}>"
        self._loose = _is_loose(parse(self._stand_in() + decided(source))[0])

    @property
    def source(self) -> str:
        return "".join([*self._closed_source, self._item])

    @property
    def _item(self) -> str:
        return self._pieces.text

    @property
    def html(self) -> str:
        return "".join([*self._closed_html, self._leaf.written.html, self._foot])

    @property
    def marked(self) -> str:
        return "".join([*self._closed_html, self._leaf.written.marked, self._foot])

    def _rendering(self) -> list[Patch] | Next:
        text = self._stand_in() + decided(self._item)
        blocks = parse(text)
        if not self._fits(blocks):
            return Next("", self.source, "List" if _is_loose(blocks[0]) and not self._loose else "Settled")
        raw = text.encode()
        entries = items(blocks[0])[1:]
        if len(blocks) > 1:
            return self._ended(entries, raw, raw[: line_start(raw, blocks[1].start)].decode())
        closed = self._close(entries[:-1], raw, line_start(raw, entries[-1].start))
        if is_too_large(self._closed_html_length, self._closed_length):
            return Next("", self.source, "Plain")
        return self._shown(closed, self._last(entries[-1], raw))

    def _stand_in(self) -> str:
        marker = _MARKER.match(self._item)
        return (marker[0] if marker else "-") + (" x\n\n" if self._loose else " x\n")

    def _fits(self, blocks: list[Block]) -> bool:
        return blocks[0].kind == "List" and _is_loose(blocks[0]) == self._loose and len(items(blocks[0])) > 1

    def _ended(self, entries: list[Block], raw: bytes, before: str) -> Next:
        html = write(chain.from_iterable(entry.events for entry in entries), raw, self._budget.memo).html
        rest = self._item[len(before) - len(self._stand_in()) :]
        return Next("".join([*self._closed_html, html, self._foot]), rest)

    def _close(self, entries: list[Block], raw: bytes, end: int) -> list[str]:
        closed = [write(entry.events, raw, self._budget.memo).html for entry in entries]
        length = len(raw[:end].decode()) - len(self._stand_in()) if closed else 0
        self._closed_source.append(self._item[:length])
        self._closed_length += length
        self._closed_html_length += sum(map(len, closed))
        self._pieces = Pieces(self._item[length:])
        self._closed_html += closed
        return closed

    def _last(self, entry: Block, raw: bytes) -> tuple[Written, str]:
        """Return the last item with its unfinished line, or without it if it would change more than this item."""
        shown = visible(self._item)
        text = self._stand_in() + shown
        blocks = parse(text)
        if len(blocks) == 1 and self._fits(blocks) and len(items(blocks[0])) == 2:
            return write(items(blocks[0])[1].events, text.encode(), self._budget.memo), shown
        return write(entry.events, raw, self._budget.memo), decided(self._item)

    def _shown(self, closed: list[str], last: tuple[Written, str]) -> list[Patch]:
        written, shown = last
        before, after = self._leaf.written.marked, written.marked
        # Without time to render it, the list was shown without any item.
        changed: Swap = "last-item" if before else "item"
        self._leaf = Leaf.of(written, shown, self._item)
        if not closed and after == before:
            return []
        self._budget.spend_html(len(after))
        return (
            [Patch(changed, closed[0]), Patch("item", "".join([*closed[1:], after]))]
            if closed
            else [Patch(changed, after)]
        )


def _is_loose(block: Block) -> bool:
    return len(block.events) > 2 and block.events[2][0] == {"Start": "Paragraph"}
