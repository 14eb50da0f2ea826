"""Bare URLs in a text."""

from __future__ import annotations

import re
from html import unescape

# Han, kana, hangul and full-width characters end a URL, because these languages put no space after it.
_UNSPACED = "\u2e80-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
_START = r"(?<![A-Za-z0-9@/.-])(?:https?://|www\.)"
_INSIDE = rf"[^\s<>\"“”„«»{_UNSPACED}]*"
_URL = re.compile(rf"{_START}(?=[A-Za-z0-9\[\u00a1-\u2e79]){_INSIDE}", re.IGNORECASE)
_AT_END = re.compile(rf"{_START}{_INSIDE}$", re.IGNORECASE)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{2,32});")
_PUNCTUATION = frozenset("?!.,:;*~'`|\\،؟۔।…›’")
_BRACKETS = {")": "(", "]": "[", "}": "{"}


def url_ranges(source: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Return the ranges of bytes of the URLs in a part of a Markdown source, each with all that follows up to a space;
    ``without_punctuation`` cuts that off."""
    if (
        source.find(b"://", start, end) < 0
        and source.find(b"www.", start, end) < 0
        and source.find(b"WWW.", start, end) < 0
    ):
        return []
    text = source[start:end].decode()
    ranges = []
    before = 0
    for match in _URL.finditer(text):
        start += len(text[before : match.start()].encode())
        ranges.append((start, start + len(match[0].encode())))
        before = match.start()
    return ranges


def without_punctuation(url: str) -> str:
    """Return a URL without what follows it: marks of a sentence or of emphasis, and brackets that close none in it."""
    count = {bracket: url.count(bracket) for bracket in "()[]{}"}
    end = len(url)
    while end:
        last = url[end - 1]
        if last in _BRACKETS and count[last] > count[_BRACKETS[last]]:
            count[last] -= 1
        elif last not in _PUNCTUATION:
            break
        end -= 1
    return url[:end]


def plain_url(url: str) -> str:
    """Return a URL as it is meant if it is written as this in a Markdown source."""
    return _ENTITY.sub(lambda match: unescape(match[0]), _ESCAPE.sub(r"\1", url))


def ends_in_url(text: str) -> bool:
    """Return True if more characters may belong to a URL at the end of a text."""
    return bool(_AT_END.search(text[text.rfind(" ") + 1 :]))
