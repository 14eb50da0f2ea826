"""The HTML that a model may write, and the sanitizer for everything that contains its words.

A tag that is not allowed is shown as text: ``Vec<String>`` stays readable, and ``<script>`` does nothing.
"""

from __future__ import annotations

import re
from html import escape

from nh3 import Cleaner

_PHRASES = "a abbr b br cite code del em i ins kbd mark q s samp small span strong sub sup u var wbr"
_BLOCKS = (
    "blockquote center dd details div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre summary "
    "table tbody td tfoot th thead tr ul"
)
PHRASES = frozenset(_PHRASES.split())
BLOCKS = PHRASES | frozenset(_BLOCKS.split())
MAX_OPEN = 32
"""Elements of raw HTML that may be open inside of each other; the tags of more are shown as text."""
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*+)(?=[\s/>])[^<>]*+>")
# Elements without content, and those that a parser closes by itself when another one of their kind comes.
_VOID = frozenset(("br", "hr", "wbr"))
_ATTRIBUTES = {
    "a": "href title",
    "abbr": "title",
    "details": "open",
    "input": "type checked disabled",
    "ol": "start",
    "td": "colspan rowspan",
    "th": "colspan rowspan",
}


def _cleaner(tags: frozenset[str]) -> Cleaner:
    return Cleaner(
        tags=tags,
        clean_content_tags=set(),
        attributes={tag: set(names.split()) for tag, names in _ATTRIBUTES.items() if tag in tags},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
    )


_PHRASE_CLEANER = _cleaner(PHRASES | {"input"})
_BLOCK_CLEANER = _cleaner(BLOCKS)


def clean_phrase(html: str) -> str:
    """Return the content of one paragraph, heading, cell or tight list item, sanitized and balanced."""
    return _PHRASE_CLEANER.clean(html)


class RawTags:
    """The tags that a model has written into one phrase or one HTML block, in order.

    A parser would reopen an element of text in each of the blocks that follow it, with all that it has, and search
    through all open elements at each end tag. So an element of text ends with its block, an end tag without an open
    element is left out, and the number of open elements is limited.
    """

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed
        self._open: list[str] = []

    def html(self, tag: str) -> str:
        """Return a tag if it is allowed, else as text; the result still has to be sanitized."""
        match = _TAG.fullmatch(tag)
        return self.written(match) if match else escape(tag, quote=False)

    def written(self, match: re.Match[str]) -> str:
        """Return what ``html`` does for a match of ``_TAG``."""
        closes, name = bool(match[1]), match[2].lower()
        if name not in self._allowed or (not closes and name not in _VOID and len(self._open) >= MAX_OPEN):
            return escape(match[0], quote=False)
        if name in _VOID:
            return self._end_of_text(name) + match[0]
        if not closes:
            before = self._end_of_text(name)
            self._open.append(name)
            return before + match[0]
        return self._ends(len(self._open) - self._open[::-1].index(name) - 1) if name in self._open else ""

    def _end_of_text(self, name: str) -> str:
        """Return the end tags of open elements of text if a block follows."""
        if name in PHRASES:
            return ""
        first = len(self._open)
        while first and self._open[first - 1] in PHRASES:
            first -= 1
        return self._ends(first)

    def _ends(self, first: int) -> str:
        """Return the end tags of the elements from this one on, which are not open any more."""
        names = self._open[first:]
        del self._open[first:]
        return "".join(f"</{name}>" for name in reversed(names))


def raw_block(html: str) -> str:
    """Return an HTML block, sanitized and balanced."""
    html = _without_comments(html)
    tags = RawTags(BLOCKS)
    parts: list[str] = []
    end = 0
    for tag in _TAG.finditer(html):
        parts += (html[end : tag.start()].replace("<", "&lt;"), tags.written(tag))
        end = tag.end()
    parts.append(html[end:].replace("<", "&lt;"))
    return _BLOCK_CLEANER.clean("".join(parts))


def _without_comments(html: str) -> str:
    parts = []
    start = 0
    # As in HTML, <!--> is a whole comment, so the search for the end begins at the dashes of the start.
    while (opening := html.find("<!--", start)) >= 0 and (closing := html.find("-->", opening + 2)) >= 0:
        parts.append(html[start:opening])
        start = closing + 3
    return "".join([*parts, html[start:]])
