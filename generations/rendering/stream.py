"""The HTML of a column while its text still arrives."""

from __future__ import annotations

from generations.rendering.blocks import normalized
from generations.rendering.limits import is_too_large
from generations.rendering.open_block import Budget, Next, OpenBlock, Patch
from generations.rendering.open_lines import OpenFence, OpenPlain, OpenTable
from generations.rendering.open_list import OpenList
from generations.rendering.open_text import OpenText, written_text
from generations.rendering.writer import with_tail


class StreamRenderer:
    """A renderer that turns arriving text into patches, block by block.

    However a text is split, its patches and a last ``flush`` add up to what ``render`` returns for the whole text,
    except for link definitions (``]:``) that apply to other blocks, and for a text that is too much (``limits``). The
    cost is linear in the text, and at most ``open_block.SHARE`` of the time in which it arrives.
    """

    def __init__(self, text: str = "") -> None:
        self._closed: list[str] = []
        self._closed_length = 0
        self._text_length = 0
        self._carriage_return = False
        self._budget = Budget()
        self._block: OpenBlock = OpenText("", self._budget)
        self.feed(text)

    def feed(self, delta: str) -> list[Patch]:
        """Take the next piece of text and return the patches that show it.

        An unfinished line is shown as it comes, except in code and tables, and while it has only marker characters.
        """
        text = self._normalized(delta)
        self._budget.earn(text)
        result = self._block.feed(text)
        return self._advance(result) if isinstance(result, Next) else result

    def flush(self) -> list[Patch]:
        """Return the patches that show all text so far, as if it ended here; more text may follow. Call it at the end
        and in a longer pause."""
        if isinstance(self._block, OpenPlain):
            return []
        if isinstance(self._block, OpenFence) and (patches := self._block.unfinished_line()) is not None:
            return patches
        source = self._block.source
        exact = written_text(source, self._budget.memo)
        if self._is_too_much(exact.length, len(source)):
            self._block = OpenPlain(source)
        elif exact.html == self._block.html:
            return []
        else:
            self._block = OpenText(source, self._budget, exact=exact)
        return [Patch("open", self._block.marked)]

    def snapshot(self, key: str) -> str:
        """Return the column's inner HTML as all patches so far have made it."""
        html = "".join(self._closed)
        return f'{html}<div id="{key}-open" class="open-block">{with_tail(self._block.marked, key)}</div>'

    def _normalized(self, delta: str) -> str:
        # A line end of \r\n may be split between two deltas.
        if not delta:
            return ""
        if self._carriage_return and delta[0] == "\n":
            delta = delta[1:]
            self._carriage_return = False
        self._carriage_return = delta.endswith("\r") if delta else False
        return normalized(delta)

    def _advance(self, result: list[Patch] | Next) -> list[Patch]:
        closed = []
        while isinstance(result, Next):
            source = self._block.source
            length = len(source) - len(result.rest)
            if self._is_too_much(len(result.closed), length):
                self._block, result = OpenPlain(source), []
                break
            if result.closed:
                closed.append(result.closed)
                self._closed_length += len(result.closed)
                self._budget.memo.clear()
            self._text_length += length
            self._block = self._open(result)
            result = self._block.feed("")
        self._closed += closed
        self._budget.spend_html(len(self._block.html))
        opened = Patch("open", self._block.marked)
        return [Patch("before-open", "".join(closed)), opened] if closed else [opened]

    def _is_too_much(self, html: int, text: int) -> bool:
        """Return True if with so many more characters of HTML for so many of text all HTML would become too large."""
        return is_too_large(self._closed_length + html, self._text_length + text)

    def _open(self, following: Next) -> OpenBlock:
        match following.kind:
            case "Fence":
                return OpenFence(following.rest)
            case "Table":
                return OpenTable(following.rest, self._budget)
            case "Plain":
                return OpenPlain(following.rest)
            case "List":
                return OpenList(following.rest, self._budget)
            case _:
                return OpenText(following.rest, self._budget, settled=following.kind == "Settled")
