"""A column's HTML while its text is still arriving."""

from __future__ import annotations

from generations.rendering.blocks import normalized
from generations.rendering.open_block import Budget, Next, OpenBlock, Patch
from generations.rendering.open_lines import OpenFence, OpenTable
from generations.rendering.open_list import OpenList
from generations.rendering.open_text import OpenText, written_text
from generations.rendering.writer import with_tail


class StreamRenderer:
    """Turns text into patches, block by block.

    The patches for any split of a text, plus a last ``flush``, add up to what ``render`` returns for the whole, except
    for link definitions (``]:``) that apply to other blocks. The cost is linear in the text, 1 to 10 µs a character.
    The one long step is the highlighting of a fence when it closes: see ``code.highlighted``.
    """

    def __init__(self, text: str = "") -> None:
        self._closed: list[str] = []
        self._carriage_return = False
        self._budget = Budget()
        self._block: OpenBlock = OpenText("", self._budget)
        self.feed(text)

    def feed(self, delta: str) -> list[Patch]:
        """Take the next piece of text. An unfinished line is shown as it comes, except in code and tables, and while
        it has only marker characters."""
        text = self._normalised(delta)
        self._budget.earn(text)
        outcome = self._block.feed(text)
        return self._moved_on(outcome) if isinstance(outcome, Next) else outcome

    def flush(self) -> list[Patch]:
        """Show all text that was held back, as if it ended here; more may follow. For the end, or a longer pause."""
        if isinstance(self._block, OpenFence) and (patches := self._block.unfinished_line()) is not None:
            return patches
        source = self._block.source
        exact = written_text(source, self._budget)
        if exact.html == self._block.html:
            return []
        self._block = OpenText(source, self._budget, exact=exact)
        return [Patch("open", exact.marked)]

    def snapshot(self, key: str) -> str:
        """Return the column's inner HTML as its viewers have it by now."""
        html = "".join(self._closed)
        return f'{html}<div id="{key}-open" class="open-block">{with_tail(self._block.marked, key)}</div>'

    def _normalised(self, delta: str) -> str:
        if not delta:
            return ""
        if self._carriage_return and delta[0] == "\n":
            delta = delta[1:]
            self._carriage_return = False
        self._carriage_return = delta.endswith("\r") if delta else False
        return normalized(delta)

    def _moved_on(self, outcome: list[Patch] | Next) -> list[Patch]:
        closed = []
        while isinstance(outcome, Next):
            if outcome.closed:
                closed.append(outcome.closed)
                self._budget.memo.clear()
            self._block = self._opened(outcome)
            outcome = self._block.feed("")
        self._closed += closed
        self._budget.spend(len(self._block.html))
        opened = Patch("open", self._block.marked)
        return [Patch("before-open", "".join(closed)), opened] if closed else [opened]

    def _opened(self, outcome: Next) -> OpenBlock:
        match outcome.kind:
            case "Fence":
                return OpenFence(outcome.rest, self._budget)
            case "Table":
                return OpenTable(outcome.rest, self._budget)
            case "List":
                return OpenList(outcome.rest, self._budget)
            case _:
                return OpenText(outcome.rest, self._budget, settled=outcome.kind == "Settled")
