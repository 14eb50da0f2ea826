"""The writer of HTML from parser events.

The structure is written from events alone; everything with the model's own words passes the sanitizer, one leaf at a
time. So no tag that a model writes reaches beyond its paragraph, cell or HTML block, and blocks give the same HTML if
they are rendered one by one as if they are rendered together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from generations.rendering import code
from generations.rendering.mathematics import formula
from generations.rendering.sanitizer import clean_phrase, raw_block, raw_phrase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyromark.event import Event, Range

TAIL = ' data-tail="">'
TABLE_FOOT = "</tbody></table></div>"
Memo = dict[tuple[str, ...], str]
_PHRASE_TAGS = {"Emphasis": "em", "Strong": "strong", "Strikethrough": "del"}
_BLOCK_TAGS = {"Paragraph": "p", "BlockQuote": "blockquote", "Item": "li"}
_PARTNERS = {"(": ")", "[": "]", ")": "", "]": ""}
_QUOTATION = re.compile(r"\n[ >]*")
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
    def marked(self) -> str:
        """The HTML with ``TAIL`` in the tag of the element to which text can be appended."""
        return "".join([self.head[:-1] + TAIL, *self.body, self.foot]) if self.head else self.html


def write(events: Iterable[tuple[Event, Range]], source: bytes, memo: Memo) -> Written:
    """Return the HTML of parser events. ``memo`` keeps formulas and highlighted code from one rendering to the next."""
    writer = _Writer(source, memo)
    for event, span in events:
        writer.take(event, span)
    return writer.written()


class _Delimiter(NamedTuple):
    """An escaped bracket that may open a formula: its position in the source, in its phrase, and its depth."""

    bracket: str
    start: int
    piece: int
    depth: int


class _Writer:
    def __init__(self, source: bytes, memo: Memo) -> None:
        self.source = source
        self.memo = memo
        self.out: list[str] = []
        self.phrase: list[str] = []
        self.elements: list[tuple[int, str]] = []
        self.tail: int | None = None
        self.verbatim: list[str] | None = None
        self.language = ""
        self.alignments: list[str] = []
        self.cell = 0
        self.cell_tag = "td"
        self.links = 0
        self.depth = 0
        self.delimiter: _Delimiter | None = None

    def take(self, event: Any, span: Range) -> None:
        if isinstance(event, str):
            self._mark(event)
            return
        ((name, value),) = event.items()
        if name == "Start":
            tag, data = (value, None) if isinstance(value, str) else next(iter(value.items()))
            self._start(tag, data)
        elif name == "End":
            self._end(value if isinstance(value, str) else next(iter(value)), span)
        elif self.verbatim is not None:
            self.verbatim.append(value)
        elif name == "Text" and value[:1] in _PARTNERS and self._is_escaped(span["start"]):
            self._delimited(value, span["start"])
        else:
            self.phrase.append(self._inline(name, value, span))

    def written(self) -> Written:
        self._finish_phrase()
        if self.tail is None:
            return Written(body=["".join(self.out)])
        head, body, foot = self.out[: self.tail], self.out[self.tail], self.out[self.tail + 1 :]
        return Written("".join(head), [body], "".join(foot))

    def _mark(self, event: str) -> None:
        if event == "Rule":
            self._open("<hr>", "")
            self.elements.pop()
            return
        self.phrase.append("<br>\n" if event == "HardBreak" else "\n")

    def _inline(self, name: str, value: Any, span: Range) -> str:
        match name:
            case "Code":
                return f"<code>{escape(value, quote=False)}</code>"
            case "InlineMath" | "DisplayMath":
                return self._dollars(value, "$" if name == "InlineMath" else "$$", span["end"])
            case "InlineHtml":
                return raw_phrase(value)
            case "TaskListMarker":
                return '<input type="checkbox" disabled checked> ' if value else '<input type="checkbox" disabled> '
            case _:
                return escape(value, quote=False)

    def _dollars(self, latex: str, mark: str, end: int) -> str:
        # As in Pandoc, "$5/$10" is money: no formula ends right before a digit.
        if mark == "$" and self.source[end : end + 1].isdigit():
            return escape(f"${latex}$", quote=False)
        return self._formula(mark + latex + mark)

    def _delimited(self, text: str, start: int) -> None:
        """Write a bracket that was escaped, and replace it by a formula if it closes one.

        Models also write formulas as ``\\(x\\)`` and ``\\[x\\]``, which Markdown reads as escaped brackets.
        """
        opening = self.delimiter
        if opening and text[0] == _PARTNERS[opening.bracket] and opening.depth == self.depth:
            latex = _QUOTATION.sub("\n", self.source[opening.start + 1 : start - 1].decode())
            del self.phrase[opening.piece :]
            self.phrase.append(self._formula(f"\\{opening.bracket}{latex}\\{text[0]}"))
            self.delimiter = None
            text = text[1:]
        elif text[0] in "([":
            self.delimiter = _Delimiter(text[0], start, len(self.phrase), self.depth)
        self.phrase.append(escape(text, quote=False))

    def _is_escaped(self, start: int) -> bool:
        # Enough for any run of backslashes that a model writes.
        before = self.source[max(start - 20, 0) : start]
        return (len(before) - len(before.rstrip(b"\\"))) % 2 == 1

    def _formula(self, source: str) -> str:
        key = ("formula", source)
        if key not in self.memo:
            self.memo[key] = formula(source)
        return self.memo[key]

    def _start(self, tag: str, data: Any) -> None:
        self.depth += 1
        if tag in _PHRASE_TAGS:
            self.phrase.append(f"<{_PHRASE_TAGS[tag]}>")
        elif tag in ("Link", "Image"):
            self._start_link(data)
        else:
            self._start_block(tag, data)

    def _start_link(self, link: dict[str, str]) -> None:
        # An image becomes a link, because pages load nothing from other hosts.
        self.links += 1
        if self.links == 1:
            url = f"mailto:{link['dest_url']}" if link["link_type"] == "Email" else link["dest_url"]
            title = f' title="{escape(link["title"])}"' if link["title"] else ""
            self.phrase.append(f'<a href="{escape(url)}"{title}>')

    def _start_block(self, tag: str, data: Any) -> None:
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
                self._open_element("ul" if data is None else "ol", f' start="{data}"' if data not in (None, 1) else "")
            case "Table":
                self.alignments = [name.lower() for name in data]
                self._open('<div class="table-wrap" tabindex="0"><table>', TABLE_FOOT)
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
        self.depth -= 1
        if self.delimiter and self.depth < self.delimiter.depth:
            self.delimiter = None
        if tag in _PHRASE_TAGS:
            self.phrase.append(f"</{_PHRASE_TAGS[tag]}>")
        elif tag in ("Link", "Image"):
            self.links -= 1
            self.phrase.append("" if self.links else "</a>")
        else:
            self._end_block(tag, span)

    def _end_block(self, tag: str, span: Range) -> None:
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
            self.out.append(clean_phrase("".join(self.phrase)))
            self.phrase.clear()
            self.delimiter = None
            last = len(self.out) - 1
            self.tail = last if self.elements[-1][0] == last - 1 else None


def with_tail(html: str, key: str) -> str:
    """Return the HTML with the id ``{key}-tail`` in the marked element. A model's own words never contain ``TAIL``,
    because every ``>`` in them is escaped."""
    return html.replace(TAIL, f' id="{key}-tail">')


def _is_closed(block: bytes, text: str) -> bool:
    """Return True if a fenced block has its closing line, and thereby two lines more than its text."""
    return bool(_CLOSING_FENCE.search(block)) and len(block.splitlines()) >= len(text.encode().splitlines()) + 2
