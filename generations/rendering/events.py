"""The events of the Markdown parser, corrected to what people mean if CommonMark says something else.

Formulas, inner fences, footnotes and some letters are hidden from the parser behind characters of the same length, so
that all offsets stay, and put back in its events. Each of them is found within its own paragraph, cell or fence. So
blocks that are parsed one by one have the same events as blocks that are parsed together.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pyromark import Markdown, Options

from generations.rendering.code import language_of
from generations.rendering.display_formulas import Display, display_formulas
from generations.rendering.emphasis import letters_beside_bold
from generations.rendering.fences import MARKDOWN, FenceLines
from generations.rendering.formulas import formulas
from generations.rendering.leaves import leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyromark.event import Range

FORMULA = "Formula"
"""The name of the event of a formula; its value is the formula's source with its delimiters."""
HIDDEN = "\x1a"
"""A character that means nothing to the parser; no normalized text contains it."""
_PARSER = Markdown(options=Options.ENABLE_TABLES | Options.ENABLE_STRIKETHROUGH | Options.ENABLE_TASKLISTS)
_FORMULA_MARKS = (b"$", b"\\(", b"\\[", b"\\begin{")
# Notes, numbered sources, and what has no address behind it.
_DEFINITION = re.compile(
    rb"^[ \t>]*\[(?=\^[^\]\s]{1,64}\]:|\d{1,3}\]:|[^\]\n]{1,200}\]:[ \t]*(?!<|[/#.]|www\.|mailto:|\S*(?:://|\w\.\w))\S)",
    re.MULTILINE,
)
_MARKDOWN_FENCE = re.compile(rf"[`~]{{3}}[ \t]*(?:{'|'.join(MARKDOWN)})\b", re.IGNORECASE)
_FENCE = re.compile(rb"`{3,}|~{3,}")
MAX_ROUNDS = 40
"""Parses of one text for its inner fences; each finds the next one of every fence that the parser sees."""
MAX_FORMULA_ROUNDS = 8
"""Parses of one text for its display formulas; each finds the next one of all that follow without a blank line."""
_LINE_START = re.compile(rb"\n[ \t>]*")
_BLOCK_MARK = re.compile(rb"[-+=#|:\d]|[*_](?![*_]?[^\s*_])")
# Punctuation of one to four bytes.
_PUNCTUATION = (b"", b",", "§".encode(), "※".encode(), "\U00010100".encode())
_Events = list[tuple[Any, "Range"]]
_Span = tuple[int, int]


def events_of(source: str) -> _Events:
    """Return the events of a normalized text, each with its range of bytes.

    They are the parser's, and those of formulas.
    """
    raw = source.encode()
    hidden = bytearray(raw)
    events = _parsed(hidden)
    if _hide_definitions(hidden, events):
        events = _parsed(hidden)
    if _MARKDOWN_FENCE.search(source):
        for _ in range(MAX_ROUNDS):
            if not _hide_closing_lines_of_inner_fences(hidden, events, raw):
                break
            events = _parsed(hidden)
    displays, events = _hide_display_formulas(hidden, events)
    # What looked like HTML after a formula may be text.
    if displays and _hide_definitions(hidden, events):
        events = _parsed(hidden)
    if _hide_single_tildes(hidden, events):
        events = _parsed(hidden)
    spans = sorted([*displays, *_hide_formulas(hidden, events, displays)])
    _hide_letters(hidden, events)
    if hidden == raw:
        return events
    return list(_restored(_parsed(hidden), raw, hidden, spans))


def _parsed(source: bytearray) -> _Events:
    return list(_PARSER.events_with_range(source.decode()))


def _hide_definitions(hidden: bytearray, events: _Events) -> bool:
    """Hide the brackets of ``[^1]: Note`` and ``[1]: Source``, which would be addresses for all ``[^1]`` and vanish;
    return True if there are any."""
    brackets = [match.end() - 1 for match in _DEFINITION.finditer(hidden)]
    code = _spans(events, _is_code) if brackets else []
    brackets = [start for start in brackets if not _is_within(code, start)]
    for start in brackets:
        _hide(hidden, start, start + 1)
    return bool(brackets)


def _spans(events: _Events, is_meant: Callable[[Any], bool]) -> list[_Span]:
    return [(span["start"], span["end"]) for event, span in events if is_meant(event)]


def _is_code(event: Any) -> bool:
    match event:
        case {"Code": _} | {"InlineHtml": _} | {"Start": {"CodeBlock": _} | "HtmlBlock"}:
            return True
        case _:
            return False


def _hide_closing_lines_of_inner_fences(hidden: bytearray, events: _Events, raw: bytes) -> bool:
    """Hide each line that closes a fence for the parser, but an inner fence for people; return True if there is one."""
    found = False
    lines: FenceLines | None = None
    end = 0
    for event, span in events:
        match event:
            case {"Start": {"CodeBlock": {"Fenced": info}}} if language_of(info).lower() in MARKDOWN:
                opening = _FENCE.search(raw, span["start"])
                lines = FenceLines(opening[0].decode(), language_of(info)) if opening else None
                end = raw.find(b"\n", span["start"], span["end"]) + 1 or span["end"]
            case {"Text": _} if lines:
                for line in raw[span["start"] : span["end"]].decode().split("\n"):
                    lines.closes(line)
                end = span["end"]
            case {"End": "CodeBlock"} if lines:
                closing = _FENCE.search(hidden, end, span["end"])
                if closing and not lines.closes(closing[0].decode()):
                    _hide(hidden, *closing.span())
                    found = True
                lines = None
            case _:
                pass
    return found


def _hide_single_tildes(hidden: bytearray, events: _Events) -> bool:
    """Hide the marks of ``~text~``, which mean "about" or a folder; only two strike a text out; return True if there
    are any."""
    found = False
    if b"~" not in hidden:
        return found
    for event, span in events:
        if event == {"Start": "Strikethrough"} and hidden[span["start"] : span["start"] + 2] != b"~~":
            _hide(hidden, span["start"], span["start"] + 1)
            _hide(hidden, span["end"] - 1, span["end"])
            found = True
    return found


def _hide_display_formulas(hidden: bytearray, events: _Events) -> tuple[list[_Span], _Events]:
    """Hide the display formulas of several lines, also one that is not closed yet, whose lines would be blocks; return
    those that are closed, and the events of all other text.

    Each round hides those of which the blocks are certain, because a formula may look like the beginning
    of a list, a heading or a table.
    """
    if b"$$" not in hidden and b"\\[" not in hidden:
        return [], events
    source = bytes(hidden)
    known: list[Display] = []
    for _ in range(MAX_FORMULA_ROUNDS):
        excluded = _spans(events, _is_table_or_block_of_code)
        found = display_formulas(source, known, partial(_is_within, excluded))
        if not found:
            break
        known += found
        for start, end, is_closed in found:
            if is_closed:
                _hide_lines(hidden, start, end)
            else:
                _hide_block_marks(hidden, start, end)
        events = _parsed(hidden)
    return sorted((start, end) for start, end, is_closed in known if is_closed), events


def _is_table_or_block_of_code(event: Any) -> bool:
    match event:
        case {"Start": {"CodeBlock": _} | {"Table": _} | "HtmlBlock"}:
            return True
        case _:
            return False


def _hide_formulas(hidden: bytearray, events: _Events, displays: list[_Span]) -> list[_Span]:
    """Hide all other formulas, none of which contains one of ``displays``; return them."""
    if not any(mark in hidden for mark in _FORMULA_MARKS):
        return []
    spans = [span for leaf in leaves(events) for span in formulas(leaf, hidden) if not _overlaps(displays, *span)]
    for start, end in spans:
        _hide_lines(hidden, start, end)
    return spans


def _hide_lines(hidden: bytearray, start: int, end: int) -> None:
    """Hide a range without its line ends, and what the blocks around it have at the beginning of each line."""
    for line in _LINE_START.finditer(hidden, start, end):
        _hide(hidden, start, line.start())
        start = line.end()
    _hide(hidden, start, end)


def _hide_block_marks(hidden: bytearray, start: int, end: int) -> None:
    """Hide the first byte of each line of a range after its first, if a block may begin with it."""
    for line in _LINE_START.finditer(hidden, start, end):
        if _BLOCK_MARK.match(hidden, line.end(), end):
            _hide(hidden, line.end(), line.end() + 1)


def _hide_letters(hidden: bytearray, events: _Events) -> None:
    if next(letters_beside_bold(hidden.decode()), None) is None:
        return
    for leaf in leaves(events):
        text = hidden[leaf.start : leaf.end].decode()
        start, before = leaf.start, 0
        for position in sorted(letters_beside_bold(text)):
            start += len(text[before:position].encode())
            before = position
            if leaf.element(start) is not None:
                width = len(text[position].encode())
                hidden[start : start + width] = _PUNCTUATION[width]


def _hide(hidden: bytearray, start: int, end: int) -> None:
    hidden[start:end] = HIDDEN.encode() * (end - start)


def _restored(events: _Events, raw: bytes, hidden: bytearray, spans: list[_Span]) -> Iterator[tuple[Any, Range]]:
    for event, span in events:
        start, end = span["start"], span["end"]
        match event:
            case {"Text": _} if hidden[start:end] != raw[start:end]:
                yield from _text_and_formulas(raw, start, end, spans)
            case "SoftBreak" | "HardBreak" if _is_within(spans, start):
                pass
            case _:
                yield event, span


def _text_and_formulas(raw: bytes, start: int, end: int, spans: list[_Span]) -> Iterator[tuple[Any, Range]]:
    number = _number(spans, start)
    while number < len(spans) and spans[number][0] < end:
        first, last = spans[number]
        number += 1
        if start < first:
            yield {"Text": raw[start:first].decode()}, {"start": start, "end": first}
        if start <= first:
            yield {FORMULA: _LINE_START.sub(b"\n", raw[first:last]).decode()}, {"start": first, "end": last}
        start = last
    if start < end:
        yield {"Text": raw[start:end].decode()}, {"start": start, "end": end}


def _is_within(spans: list[_Span], offset: int) -> bool:
    """Return True if an offset is in one of the ranges, which are in order and apart from each other."""
    return _overlaps(spans, offset, offset + 1)


def _overlaps(spans: list[_Span], start: int, end: int) -> bool:
    """Return True if a range has bytes in common with one of the ranges, which are in order and apart from each
    other."""
    number = _number(spans, start)
    return number < len(spans) and spans[number][0] < end


def _number(spans: list[_Span], offset: int) -> int:
    """Return the number of the first range that ends after an offset."""
    return bisect_right(spans, offset, key=itemgetter(1))
