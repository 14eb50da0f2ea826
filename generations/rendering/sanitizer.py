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
_MATHS = (
    "math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mroot mrow ms mspace msqrt mstyle msub msubsup "
    "msup mtable mtd mtext mtr munder munderover"
)
PHRASES = frozenset(_PHRASES.split())
BLOCKS = PHRASES | frozenset(_BLOCKS.split())
MATHS = frozenset(_MATHS.split())
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)(?=[\s/>])[^<>]*>")
_ATTRIBUTES = {
    "a": "href title",
    "abbr": "title",
    "details": "open",
    "input": "type checked disabled",
    "math": "display xmlns",
    "menclose": "notation",
    "mfrac": "linethickness",
    "mi": "mathvariant",
    "mn": "mathvariant",
    "mo": "fence form largeop lspace maxsize minsize movablelimits rspace separator stretchy",
    "mover": "accent",
    "mpadded": "height lspace voffset width",
    "ms": "mathvariant",
    "mspace": "width",
    "mstyle": "displaystyle scriptlevel",
    "mtable": "columnalign columnlines rowlines rowspacing",
    "mtd": "columnalign",
    "mtext": "mathvariant",
    "munder": "accentunder",
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


_PHRASE_CLEANER = _cleaner(PHRASES | MATHS | {"input"})
_BLOCK_CLEANER = _cleaner(BLOCKS)


def clean_phrase(html: str) -> str:
    """Return the content of one paragraph, heading, cell or tight list item, sanitized and balanced."""
    return _PHRASE_CLEANER.clean(html)


def raw_phrase(html: str) -> str:
    """Return one inline tag as the model wrote it if it is allowed, else as text; nothing for a comment. The result
    still has to pass through ``clean_phrase``."""
    if html.startswith("<!--"):
        return ""
    tag = _TAG.fullmatch(html)
    return html if tag and tag[1].lower() in PHRASES else escape(html, quote=False)


def raw_block(html: str) -> str:
    """Return an HTML block, sanitized and balanced."""
    html = _without_comments(html)
    parts = []
    end = 0
    for tag in _TAG.finditer(html):
        parts.append(html[end : tag.start()].replace("<", "&lt;"))
        parts.append(tag[0] if tag[1].lower() in BLOCKS else escape(tag[0], quote=False))
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
