"""A stand-in for a browser: it applies patches to strings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from generations.rendering import Patch, StreamRenderer
from generations.rendering.writer import TAIL


@dataclass
class Column:
    closed: str = ""
    open: str = ""

    @property
    def html(self) -> str:
        return self.closed + self.open.replace(TAIL, ">")

    @property
    def snapshot(self) -> str:
        tail = self.open.replace(TAIL, ' id="k-tail">')
        return f'{self.closed}<div id="k-open" class="open-block">{tail}</div>'

    def take(self, patches: list[Patch]) -> None:
        for patch in patches:
            match patch.swap:
                case "before-open":
                    self.closed += patch.html
                case "open":
                    self.open = patch.html
                case "tail":
                    self._insert(self._end_of_tail(), patch.html)
                case "item":
                    self._insert(self.open.rindex("</"), patch.html)
                case "last-item":
                    end = self.open.rindex("</")
                    self.open = self.open[: self._start_of_last_item(end)] + patch.html + self.open[end:]

    def _insert(self, position: int, html: str) -> None:
        self.open = self.open[:position] + html + self.open[position:]

    def _end_of_tail(self) -> int:
        start = self.open.index(TAIL) + len(TAIL)
        tag = re.findall(r"<(\w+)[^<>]*$", self.open[: start - 1])[0]
        depth = 1
        for match in re.finditer(rf"<(/?){tag}\b[^>]*>", self.open[start:]):
            depth += -1 if match[1] else 1
            if not depth:
                return start + match.start()
        raise AssertionError("the marked element is not closed")

    def _start_of_last_item(self, end: int) -> int:
        depth = 0
        for match in reversed(list(re.finditer(r"<(/?)li\b[^>]*>", self.open[:end]))):
            depth += 1 if match[1] else -1
            if not depth:
                return match.start()
        raise AssertionError("the open list has no item")


def streamed(pieces: list[str], *, flush_each: bool = False) -> Column:
    renderer, column = StreamRenderer(), Column()
    for piece in pieces:
        column.take(renderer.feed(piece))
        if flush_each:
            column.take(renderer.flush())
        assert column.snapshot == renderer.snapshot("k")
    column.take(renderer.flush())
    return column
