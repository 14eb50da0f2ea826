"""Bold text that CommonMark does not see, because a punctuation mark is inside of it and a letter outside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import category

if TYPE_CHECKING:
    from collections.abc import Iterator

# Han, kana, hangul, and the letters of Thai, Lao, Burmese and Khmer: languages that put no space there.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3105-\u312f\u3131-\u318e\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_AFTER_LETTER = re.compile(rf"[{_UNSPACED}](?=(?:\*{{1,3}}|~~)([^\s*~]))")
_BEFORE_LETTER = re.compile(rf"(?:\*{{1,3}}|~~)([{_UNSPACED}])")
# In other scripts such a mark only closes what a mark after a space has opened.
_CLOSED = re.compile(r"(?:^|(?<=[\s(\[{\"'„“«‹‘—–]))\*\*(?![\s*])[^*\n]*[^\w\s*]\*\*([^\W_])", re.MULTILINE)
_CLOSING = re.compile(r"[^\w\s*]\*\*[^\W_]")


def letters_beside_bold(text: str) -> Iterator[int]:
    """Yield the position of each letter that hides a mark of bold text next to it; in any order."""
    if "*" not in text and "~~" not in text:
        return
    for match in _AFTER_LETTER.finditer(text):
        if _is_punctuation(match[1]):
            yield match.start()
    for match in _BEFORE_LETTER.finditer(text):
        before = text[match.start() - 1] if match.start() else ""
        if before not in ("", "\\", "*", "~") and _is_punctuation(before):
            yield match.start(1)
    if _CLOSING.search(text):
        for match in _CLOSED.finditer(text):
            yield match.start(1)


def _is_punctuation(character: str) -> bool:
    return category(character)[0] in "PS"
