"""The writer of HTML from parser events.

The structure is written from events alone; the model's own words are escaped, and its own tags pass the sanitizer, one
leaf at a time. So no tag that a model writes reaches beyond its paragraph, cell or HTML block, and blocks give the same
HTML if they are rendered one by one as if they are rendered together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from generations.rendering import code
from generations.rendering.phrases import Memo, phrase
from generations.rendering.sanitizer import raw_block

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyromark.event import Range

TAIL = ' data-tail="">'
# The first letter decides on which side markers and columns are; CSS does the same for each paragraph.
_DIRECTION = ' dir="auto"'
TABLE_FOOT = "</tbody></table></div>"
_PHRASES = frozenset(("Emphasis", "Strong", "Strikethrough", "Link", "Image"))
_BLOCK_TAGS = {"Paragraph": "p", "Item": "li"}
_CLOSING_FENCE = re.compile(rb"\n[ \t>]*(`{3,}|~{3,}) *\n?$")


@dataclass(slots=True)
class Written:
    """The HTML of some blocks, cut at the position to which more plain text can be appended.

    That position is the end of ``body``, inside the element that ``head`` ends with. If there is no such position, all
    of the HTML is the body.
    """

    head: str = ""
    body: list[str] = field(default_factory=list)
    foot: str = ""

    @property
    def html(self) -> str:
        return "".join([self.head, *self.body, self.foot])

    @property
    def length(self) -> int:
        """The number of characters of the HTML."""
        return len(self.head) + sum(map(len, self.body)) + len(self.foot)

    @property
    def marked(self) -> str:
        """The HTML with ``TAIL`` in the tag of the element to which text can be appended."""
        return "".join([self.head[:-1] + TAIL, *self.body, self.foot]) if self.head else self.html


def write(events: Iterable[tuple[Any, Range]], source: bytes, memo: Memo) -> Written:
    """Return the HTML of parser events. ``memo`` keeps formulas and highlighted code from one rendering to the next."""
    writer = _Writer(source, memo)
    for event, span in events:
        writer.take(event, span)
    return writer.written()


class _Writer:
    def __init__(self, source: bytes, memo: Memo) -> None:
        self.source = source
        self.memo = memo
        self.out: list[str] = []
        self.phrase: list[tuple[Any, Range]] = []
        self.elements: list[tuple[int, str]] = []
        self.tail: int | None = None
        self.verbatim: list[str] | None = None
        self.language = ""
        self.alignments: list[str] = []
        self.cell = 0
        self.cell_tag = "td"

    def take(self, event: Any, span: Range) -> None:
        if event.__class__ is str:
            if event == "Rule":
                self._open("<hr>", "")
                self.elements.pop()
            else:
                self.phrase.append((event, span))
            return
        (name, value), *_ = event.items()
        if name == "Text":
            if self.verbatim is None:
                self.phrase.append((event, span))
            else:
                self.verbatim.append(value)
        elif name == "Start":
            tag, data = (value, None) if value.__class__ is str else next(iter(value.items()))
            if tag in _PHRASES:
                self.phrase.append((event, span))
            else:
                self._start(tag, data)
        elif name == "End":
            tag = value if value.__class__ is str else next(iter(value))
            if tag in _PHRASES:
                self.phrase.append((event, span))
            else:
                self._end(tag, span)
        elif self.verbatim is not None:
            self.verbatim.append(value)
        else:
            self.phrase.append((event, span))

    def written(self) -> Written:
        self._finish_phrase()
        if self.tail is None:
            return Written(body=["".join(self.out)])
        head, body, foot = self.out[: self.tail], self.out[self.tail], self.out[self.tail + 1 :]
        return Written("".join(head), [body], "".join(foot))

    def _start(self, tag: str, data: Any) -> None:
        match tag:
            case "CodeBlock":
                self.verbatim = []
                self.language = code.language_of(data["Fenced"]) if isinstance(data, dict) else ""
                self._open(code.head(self.language), code.FOOT)
            case "HtmlBlock":
                self.verbatim = []
                self._open("", "")
            case "Heading":
                self._open_element(data["level"].lower())
            case "List":
                start = f' start="{data}"' if data not in (None, 1) else ""
                self._open_element("ul" if data is None else "ol", _DIRECTION + start)
            case "BlockQuote":
                self._open_element("blockquote", _DIRECTION)
            case "Table":
                self.alignments = [name.lower() for name in data]
                self._open('<div class="table-wrap" tabindex="0"><table dir="auto">', TABLE_FOOT)
            case "TableHead":
                self.cell, self.cell_tag = 0, "th"
                self._open("<thead><tr>", "</tr></thead><tbody>")
            case "TableRow":
                self.cell, self.cell_tag = 0, "td"
                self._open_element("tr")
            case "TableCell":
                alignment = self.alignments[self.cell]
                self.cell += 1
                self._open_element(self.cell_tag, "" if alignment == "none" else f' class="align-{alignment}"')
            case _:
                self._open_element(_BLOCK_TAGS[tag])

    def _end(self, tag: str, span: Range) -> None:
        self._finish_phrase()
        _, closing = self.elements.pop()
        if self.verbatim is not None:
            text = "".join(self.verbatim)
            self.out.append(self._code(text, span) if tag == "CodeBlock" else raw_block(text))
            self.verbatim = None
        if tag == "TableCell":
            self.tail = None
        self.out.append(closing)

    def _code(self, text: str, span: Range) -> str:
        if not self.language or not _is_closed(self.source[span["start"] : span["end"]], text):
            return escape(text, quote=False)
        key = ("code", self.language, text)
        if key not in self.memo:
            self.memo[key] = code.highlighted(text, self.language)
        return self.memo[key]

    def _open_element(self, tag: str, attributes: str = "") -> None:
        self._open(f"<{tag}{attributes}>", f"</{tag}>")

    def _open(self, html: str, closing: str) -> None:
        self._finish_phrase()
        self.tail = None
        self.elements.append((len(self.out), closing))
        self.out.append(html)

    def _finish_phrase(self) -> None:
        if self.phrase:
            self.out.append(phrase(self.phrase, self.source, self.memo))
            self.phrase.clear()
            last = len(self.out) - 1
            self.tail = last if self.elements[-1][0] == last - 1 else None


def with_tail(html: str, key: str) -> str:
    """Return the HTML with the id ``{key}-tail`` in the marked element. A model's own words never contain ``TAIL``,
    because every ``>`` in them is escaped."""
    return html.replace(TAIL, f' id="{key}-tail">')


def _is_closed(block: bytes, text: str) -> bool:
    """Return True if a fenced block has its closing line, and thereby two lines more than its text."""
    return bool(_CLOSING_FENCE.search(block)) and len(block.splitlines()) >= len(text.encode().splitlines()) + 2
