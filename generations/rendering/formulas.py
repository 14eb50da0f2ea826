"""The positions of formulas: ``$x$``, ``$$x$$``, ``\\(x\\)``, ``\\[x\\]`` and environments of lines, but no prices and
shell variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generations.rendering.leaves import Leaf

# Environments that need no delimiters.
_ENVIRONMENTS = ("align", "alignat", "displaymath", "eqnarray", "equation", "flalign", "gather", "multline")
_TOKEN = re.compile(rb"\\(?:begin|end)\{(?:%b)\*?\}|\\[\s\S]|\$+" % "|".join(_ENVIRONMENTS).encode())
CLOSING = {b"$": b"$", b"$$": b"$$", b"\\(": b"\\)", b"\\[": b"\\]"}
_NAMES = [f"{{{name}{star}}}".encode() for name in _ENVIRONMENTS for star in ("", "*")]
_CLOSING = CLOSING | {b"\\begin" + name: b"\\end" + name for name in _NAMES}
_LINE_START = re.compile(rb"\n[ \t>]*\Z")
_SPACED = re.compile(r"\s+[A-Za-z\\({|].*\s", re.DOTALL)
_OPERATION = re.compile(r"\\[A-Za-z]|\w\s*[\^_=<>+*/-]\s*[\w\\({]")
_LONG_WORD = re.compile(r"(?<![\\A-Za-z])[^\W\d_]{3,}")
_PROSE = re.compile(
    r"(?<![^\W\d_])[^\W\d_]{2,} +[^\W\d_]{2,}|^\d[\d.,]*\s+[^\W\d_]{2,}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]{2}"
)
_MATHEMATICAL = re.compile(r"[\\^_=<>]")
_MATHEMATICAL_OR_SIGN = re.compile(r"[\\^_=<>+*/|{}()\n]")
_WORD = re.compile(r"\s*[^\W\d_]{3,}\w*\s*|\s*[a-z]\d{2,}\s*")
_CLOSES_BEFORE_IT_OPENS = re.compile(r"[^\[\]()（）\\]*[)）]")
_AFTER_AMOUNT = frozenset(",.;:)/-–，。、；）")
_CURRENCY = re.compile(r"(?:^|[^A-Za-z])(?:US|CA|AU|NT|HK|NZ|MX|SG|[RACS])\Z")
_BRACED_NAME = re.compile(r"\{\w{2,}\}")
_NAME = re.compile(r"[A-Za-z_]\w+")
_WITH_INDEX = re.compile(r"[A-Za-z]{0,3}_\w")
_SIGN = re.compile(r"[<>=~≈≤≥±×·]")
_ORDINAL = re.compile(r"(?:st|nd|rd|th|s)\b")
_OPERATOR_AT_END = re.compile(r"(?<![\\^_])[^\w\s)\]}'!]\Z")


def formulas(leaf: Leaf, source: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """Yield the ranges of bytes of a leaf's formulas with their delimiters, in order."""
    # A leaf's plain text begins after the backslash of an escape.
    start = leaf.start - (source[leaf.start - 1 : leaf.start] == b"\\")
    tokens = [(token.start(), token[0]) for token in _TOKEN.finditer(source, start, leaf.end)]
    partners = _partners([mark for _, mark in tokens])
    number = 0
    while number < len(tokens):
        partner = partners[number]
        if partner is not None and _is_formula(leaf, tokens[number], tokens[partner], source):
            yield tokens[number][0], tokens[partner][0] + len(tokens[partner][1])
            number = partner
        number += 1


def _partners(marks: list[bytes]) -> list[int | None]:
    """Return the number of the token that would close each token's formula. A formula in single dollars contains no
    other dollar."""
    partners: list[int | None] = []
    following: dict[bytes, int] = {}
    dollar: int | None = None
    for number in range(len(marks) - 1, -1, -1):
        mark = marks[number]
        partner = following.get(_CLOSING.get(mark, b""))
        partners.append(None if mark == b"$" and partner != dollar else partner)
        following[mark] = number
        if mark[:1] == b"$":
            dollar = number
    return partners[::-1]


def _is_formula(leaf: Leaf, opening: tuple[int, bytes], closing: tuple[int, bytes], source: bytes | bytearray) -> bool:
    (start, mark), (end, closing_mark) = opening, closing
    # The first byte of an escape is no plain text.
    element = leaf.element(start + len(mark) - 1)
    if element is None or element != leaf.element(end + len(closing_mark) - 1):
        return False
    latex = source[start + len(mark) : end].decode()
    if not may_be_formula(latex):
        return False
    if mark in (b"\\(", b"\\["):
        return _is_bracketed(latex, mark)
    if mark[:1] == b"\\":
        return start == leaf.start or bool(_LINE_START.search(source, leaf.start, start))
    before = source[max(start - 1, 0) : start].decode(errors="ignore")
    return mark != b"$" or _is_inline(latex, before, source[end + 1 : end + 20].decode(errors="ignore"))


def may_be_formula(latex: str) -> bool:
    """Return False for text between two marks that is no formula: prose, code, or the end of one parenthesis and the
    beginning of the next."""
    if not latex.strip() or "`" in latex or _CLOSES_BEFORE_IT_OPENS.match(latex):
        return False
    return bool(_MATHEMATICAL.search(latex)) or not _PROSE.search(latex)


def _is_bracketed(latex: str, mark: bytes) -> bool:
    """Return False for brackets that were escaped because they are none of a formula: ``\\[1\\]``, ``\\(foo\\)``."""
    if mark == b"\\[":
        return bool(_MATHEMATICAL_OR_SIGN.search(latex))
    return not _WORD.fullmatch(latex)


def _is_inline(latex: str, before: str, after: str) -> bool:
    """Return False for prices and for variables of a shell."""
    if latex[0].isspace() or latex[-1].isspace():
        # Some models write spaces on both sides.
        return bool(_SPACED.fullmatch(latex) and _OPERATION.search(latex)) and not _LONG_WORD.search(latex)
    if _BRACED_NAME.match(latex) or _CURRENCY.search(latex):
        return False
    if before.isdigit() and latex[0] in _AFTER_AMOUNT:
        return False
    if after[:1].isdigit():
        return "\\" in latex or bool(_SIGN.fullmatch(latex))
    if not after[:1].isascii() or not (after[:1].isalpha() or after[:1] in ("_", "{", "(")):
        return True
    if _NAME.fullmatch(latex) and after[0] != "(":
        return bool(_WITH_INDEX.fullmatch(latex) or _ORDINAL.match(after))
    return not _OPERATOR_AT_END.search(latex)
