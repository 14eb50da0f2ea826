"""Open blocks to which text is only appended: fences, tables, and text that is shown as it is."""

from __future__ import annotations

import re
from html import escape

from generations.rendering import code, limits
from generations.rendering.blocks import line_start, parse
from generations.rendering.fences import FenceLines, is_fence_line
from generations.rendering.limits import is_too_large
from generations.rendering.open_block import AppendedBlock, BlockOfLines, Budget, Next, Patch, Pieces
from generations.rendering.writer import TABLE_FOOT, Written, write

_BLANK_LINE = re.compile(r"^[ \t\x0b\x0c]*\n", re.MULTILINE)


class OpenFence(BlockOfLines):
    """An open fence: complete lines are appended as they come; nothing is parsed before the closing line."""

    def __init__(self, source: str) -> None:
        self._info, end, text = source.partition("\n")
        self._info += end
        self._lines: list[str] = []
        self._sent = 0
        self._marker = self._info[: len(self._info) - len(self._info.lstrip(self._info[0]))]
        self._state = FenceLines(self._marker, code.language_of(self._info[len(self._marker) :]))
        (block,) = parse(self._info)
        empty = write(block.events, self._info.encode(), {}).html
        super().__init__(text, Written(empty.removesuffix(code.FOOT), [], code.FOOT))

    @property
    def source(self) -> str:
        return "".join([self._info, *self._lines, self._line])

    def _take(self, lines: str) -> list[Patch] | Next:
        fresh = []
        taken = 0
        for line in lines[:-1].split("\n"):
            if self._state.closes(line):
                self._pieces = Pieces(lines[taken:] + self._line)
                return self._closed(rest=self._line[len(line) + 1 :])
            fresh.append(line[self._sent :] + "\n")
            self._lines.append(line + "\n")
            taken += len(line) + 1
            self._sent = 0
        return [self._appended(escape("".join(fresh), quote=False))]

    def unfinished_line(self) -> list[Patch] | None:
        """Show the unfinished last line; return None if it has another meaning when the text ends here."""
        if is_fence_line(self._line) or self._line.isspace():
            return None
        fresh = self._line[self._sent :]
        self._sent = len(self._line)
        return [self._appended(escape(fresh, quote=False))] if fresh else []

    def _closed(self, rest: str) -> Next:
        source = "".join([self._info, *self._lines, self._marker, "\n"])
        (block,) = parse(source)
        return Next(write(block.events, source.encode(), {}).html, rest)


class OpenPlain(AppendedBlock):
    """The rest of a text of which enough is shown as HTML already; it is shown as it is, and never ends."""

    def __init__(self, source: str) -> None:
        super().__init__(source, Written(limits.HEAD, [escape(source, quote=False)], limits.FOOT))

    @property
    def source(self) -> str:
        return self._pieces.text

    def feed(self, text: str) -> list[Patch] | Next:
        self._pieces.add(text)
        return [self._appended(escape(text, quote=False))] if text else []


class OpenTable(BlockOfLines):
    """An open table: new rows are parsed below its head, and appended."""

    def __init__(self, source: str, budget: Budget) -> None:
        end = source.index("\n", source.index("\n") + 1) + 1
        self._head = source[:end]
        self._budget = budget
        self._rows: list[str] = []
        self._length = self._html_length = 0
        super().__init__(source[end:], Written(self._table(self._head)[0].removesuffix(TABLE_FOOT), [], TABLE_FOOT))

    @property
    def source(self) -> str:
        return "".join([self._head, *self._rows, self._line])

    def _take(self, lines: str) -> list[Patch] | Next:
        html, rest = self._table(self._head + lines)
        fresh = html[len(self._written.head) : -len(TABLE_FOOT)]
        self._rows.append(lines)
        patch = self._appended(fresh)
        self._length += len(lines)
        self._html_length += len(fresh)
        if is_too_large(self._html_length, self._length):
            return Next("", self.source, "Plain")
        if rest is not None:
            return Next(self.html, rest + self._line)
        return [patch]

    def _table(self, source: str) -> tuple[str, str | None]:
        """Return the table's HTML, and the text after it if it has ended."""
        blocks = parse(source)
        raw = source.encode()
        html = write(blocks[0].events, raw, self._budget.memo).html
        if len(blocks) > 1:
            return html, raw[line_start(raw, blocks[1].start) :].decode()
        blank = _BLANK_LINE.search(source)
        return html, source[blank.end() :] if blank else None
