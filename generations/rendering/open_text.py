"""An open block of any other kind: a paragraph, heading, quotation, or HTML."""

from __future__ import annotations

import re
from itertools import chain

from generations.rendering.blocks import Block, line_start, parse
from generations.rendering.limits import as_written, is_too_large, takes_too_long
from generations.rendering.open_block import Budget, Leaf, Next, ParsedBlock, Patch, decided, visible
from generations.rendering.phrases import Memo
from generations.rendering.writer import Written, write

_FENCE_LINE = re.compile(r"(?:`{3,}[^`\n]*|~{3,}[^\n]*)\n")
_ITEM_LINE = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])[ \t\n]")


class OpenText(ParsedBlock):
    """An open block that is parsed as a whole each time it is rendered.

    It ends when the next block begins. It becomes another kind when it turns out to be a fence, a table or a list,
    unless it is ``settled``. ``exact`` is its HTML if that is known already.
    """

    def __init__(self, source: str, budget: Budget, *, settled: bool = False, exact: Written | None = None) -> None:
        super().__init__(source, budget, exact)
        self._settled = settled

    @property
    def source(self) -> str:
        return self._pieces.text

    @property
    def html(self) -> str:
        return self._leaf.written.html

    @property
    def marked(self) -> str:
        return self._leaf.written.marked

    def _rendering(self) -> list[Patch] | Next:
        source, shown = decided(self.source), visible(self.source)
        blocks = parse(source)
        following = self._next(source, blocks)
        if following is not None:
            return following
        if shown != source:
            blocks = parse(shown)
        return self._shown(shown, _written(shown, blocks, self._budget.memo))

    def _next(self, source: str, blocks: list[Block]) -> Next | None:
        if not blocks:
            return None
        raw = source.encode()
        rest = self.source[len(raw[: line_start(raw, blocks[-1].start)].decode()) :]
        if len(blocks) > 1:
            events = chain.from_iterable(block.events for block in blocks[:-1])
            return Next(write(events, raw, self._budget.memo).html, rest)
        kind = "" if self._settled else _special(blocks[0], rest)
        return Next("", rest, kind) if kind else None

    def _shown(self, shown: str, written: Written) -> list[Patch]:
        before, after = self.marked, written.marked
        self._leaf = Leaf.of(written, shown, self.source)
        if after == before:
            return []
        self._budget.spend_html(len(after))
        return [Patch("open", after)]


def written_text(source: str, memo: Memo) -> Written:
    """Return the HTML of a text with blocks of any kind, or of the text as it is if that would be too much."""
    return Written(body=[as_written(source)]) if takes_too_long(source) else _written(source, parse(source), memo)


def _written(source: str, blocks: list[Block], memo: Memo) -> Written:
    written = write(chain.from_iterable(block.events for block in blocks), source.encode(), memo)
    return Written(body=[as_written(source)]) if is_too_large(written.length, len(source)) else written


def _special(block: Block, rest: str) -> str:
    """Return the kind of open block that takes over, or an empty string."""
    if block.kind == "CodeBlock" and _FENCE_LINE.match(rest):
        return "Fence"
    if block.kind == "List" and _ITEM_LINE.match(rest):
        return "List"
    return "Table" if block.kind == "Table" and rest.count("\n") >= 2 else ""
