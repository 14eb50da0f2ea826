"""The writer of phrases: the content of one paragraph, heading, cell or tight list item."""

from __future__ import annotations

import re
from html import escape
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from generations.rendering.events import FORMULA, HIDDEN
from generations.rendering.mathematics import formula
from generations.rendering.sanitizer import PHRASES, RawTags, clean_phrase
from generations.rendering.urls import plain_url, url_ranges, without_punctuation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyromark.event import Range

Memo = dict[tuple[str, ...], str]
_TAGS = {"Emphasis": "em", "Strong": "strong", "Strikethrough": "del"}
_REFERENCE = re.compile(r"\[\^(\d{1,3})\]")
_DEFINITION = re.compile(r"^\[\^(\d{1,3})\]:")
_NOTE = r"<sup>[\1]</sup>"
_BREAK = "<br>\n"
_MEANS_MORE = re.compile(r"\[\^|://|www\.", re.IGNORECASE)
"""Notes and URLs in plain text."""
_ANCHOR = re.compile(r"<(/?)a[\s>]", re.IGNORECASE)


def phrase(events: list[tuple[Any, Range]], source: bytes, memo: Memo) -> str:
    """Return the sanitized HTML of a phrase; ``memo`` keeps formulas from one rendering to the next."""
    if len(events) == 1 and "Text" in events[0][0]:
        text = events[0][0]["Text"]
        if not _MEANS_MORE.search(text):
            return escape(text, quote=False)
    return _Phrase(list(_joined(events, source)) if len(events) > 1 else events, source, memo).html()


def _joined(events: Iterable[tuple[Any, Range]], source: bytes) -> Iterator[tuple[Any, Range]]:
    """Yield the events with pieces of text joined if they stand side by side in the source as they are."""
    start = end = 0
    for event, span in events:
        is_copy = "Text" in event and len(event["Text"].encode()) == span["end"] - span["start"]
        if start < end and not (is_copy and span["start"] == end):
            yield {"Text": source[start:end].decode()}, {"start": start, "end": end}
            start = end
        if not is_copy:
            yield event, span
            continue
        if start == end:
            start = span["start"]
        end = span["end"]
    if start < end:
        yield {"Text": source[start:end].decode()}, {"start": start, "end": end}


class _Element(NamedTuple):
    """An open element: its end tag, and the offset at which its content ends. One that begins within a URL has no end
    tag, because the mark that opens it belongs to the URL."""

    end_tag: str | None
    content_end: int


class _Phrase:
    def __init__(self, events: list[tuple[Any, Range]], source: bytes, memo: Memo) -> None:
        self.events = events
        self.source = source
        self.memo = memo
        self.out: list[str] = []
        # The formulas, which stand as HIDDEN in the output until it is sanitized.
        self.formulas: list[str] = []
        self.elements: list[_Element] = []
        self.links = 0
        self.in_anchor = False
        self.tags = RawTags(PHRASES)
        # Whether there are other tags than those of emphasis and code, whose content is escaped.
        self.has_foreign_tags = False
        # The offset up to which the source is written.
        self.written = 0
        self.urls = url_ranges(source, events[0][1]["start"], events[-1][1]["end"])
        self.urls.reverse()

    def html(self) -> str:
        for number, (event, span) in enumerate(self.events):
            self._take(number, event, span)
        html = "".join(self.out)
        if self.has_foreign_tags:
            html = clean_phrase(html)
        if not self.formulas:
            return html
        pieces = html.split(HIDDEN)
        return "".join(chain(*zip(pieces, self.formulas, strict=False), pieces[-1:]))

    def _take(self, number: int, event: Any, span: Range) -> None:
        match event:
            case "SoftBreak" | "HardBreak":
                self.out.append(_BREAK)
            case {"Text": text}:
                self._text(number, text, span["start"], span["end"])
            case {"Code": text}:
                self.out.append(f"<code>{escape(text, quote=False)}</code>")
            case {"Start": {"Link": link} | {"Image": link}}:
                self._start_link(link, span)
            case {"Start": tag}:
                self._start(tag, span)
            case {"End": name}:
                self._end(name, span)
            case {"InlineHtml": html}:
                self._html(html)
            case {"TaskListMarker": done}:
                self.has_foreign_tags = True
                self.out.append(f'<input type="checkbox" disabled{" checked" if done else ""}> ')
            case _:
                self.out.append(HIDDEN)
                self.formulas.append(self._formula(event[FORMULA]))

    def _text(self, number: int, text: str, start: int, end: int) -> None:
        if start < self.written:
            start = self.written
            text = self.source[start:end].decode()
        while not (self.links or self.in_anchor) and (url := self._next_url(number, start, end)):
            first, words = url
            self._words(self.source[start:first].decode())
            self._link(plain_url(words))
            start = self.written = first + len(words.encode())
            text = self.source[start:end].decode()
        self._words(text)

    def _words(self, text: str) -> None:
        html = escape(text, quote=False)
        if "[^" in text:
            at_line_start = not self.out or self.out[-1] == _BREAK
            pattern = _DEFINITION if at_line_start else _REFERENCE
            html = _REFERENCE.sub(_NOTE, pattern.sub(_NOTE, html, 1))
        if html:
            self.out.append(html)

    def _link(self, url: str) -> None:
        self.has_foreign_tags = True
        address = url if "://" in url else f"https://{url}"
        self.out.append(f'<a href="{escape(address)}">{escape(url, quote=False)}</a>')

    def _next_url(self, number: int, start: int, end: int) -> tuple[int, str] | None:
        """Return the start of the next URL that begins in a piece of text, and its source."""
        while self.urls and self.urls[-1][0] < start:
            self.urls.pop()
        while self.urls and self.urls[-1][0] < end:
            first, last = self.urls.pop()
            if self.elements:
                last = min(last, self.elements[-1].content_end)
            words = without_punctuation(self.source[first : self._before_other(number, last)].decode())
            if not words.lower().endswith(("://", "www")):
                return first, words
        return None

    def _before_other(self, number: int, last: int) -> int:
        """Return the offset at which a URL ends at the latest: before code, a formula, HTML, a link or a line end."""
        for following in range(number + 1, len(self.events)):
            event, span = self.events[following]
            if span["start"] >= last:
                break
            match event:
                case {"Text": _} | {"Start": str()} | {"End": _}:
                    pass
                case _:
                    return span["start"]
        return last

    def _start(self, tag: str, span: Range) -> None:
        end = span["end"]
        width = 2 if tag == "Strong" or self.source[end - 2 : end] == b"~~" else 1
        if span["start"] < self.written:
            self.elements.append(_Element(None, end - width))
        else:
            self.out.append(f"<{_TAGS[tag]}>")
            self.elements.append(_Element(f"</{_TAGS[tag]}>", end - width))

    def _start_link(self, link: dict[str, str], span: Range) -> None:
        self.has_foreign_tags = True
        # An image becomes a link, because pages load nothing from other hosts.
        self.links += 1
        self.elements.append(_Element("" if self.links > 1 else "</a>", span["end"]))
        if self.links == 1:
            url = f"mailto:{link['dest_url']}" if link["link_type"] == "Email" else link["dest_url"]
            title = f' title="{escape(link["title"])}"' if link["title"] else ""
            self.out.append(f'<a href="{escape(url)}"{title}>')

    def _end(self, name: str, span: Range) -> None:
        element = self.elements.pop()
        if name not in _TAGS:
            self.links -= 1
        if element.end_tag is not None:
            self.out.append(element.end_tag)
        elif element.content_end >= self.written:
            self.out.append(self.source[element.content_end : span["end"]].decode())

    def _html(self, html: str) -> None:
        if html.startswith("<!--"):
            return
        self.has_foreign_tags = True
        if anchor := _ANCHOR.match(html):
            self.in_anchor = not anchor[1]
        self.out.append(self.tags.html(html))

    def _formula(self, source: str) -> str:
        key = ("formula", source)
        if key not in self.memo:
            self.memo[key] = formula(source)
        return self.memo[key]
