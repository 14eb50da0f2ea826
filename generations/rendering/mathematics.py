"""LaTeX to MathML."""

from __future__ import annotations

from html import escape

from latex2mathml.converter import convert

MAX_FORMULA = 2_000
"""In characters."""
_DELIMITERS = (("$$", "$$", "block"), ("\\[", "\\]", "block"), ("\\(", "\\)", "inline"), ("$", "$", "inline"))


def formula(source: str) -> str:
    """Return the MathML of a formula, which is given with its delimiters; its source as code if it is not valid, or too
    long to be a formula. Takes about 0.3 ms per line."""
    opening, closing, display = next(row for row in _DELIMITERS if source.startswith(row[0]))
    latex = source.removeprefix(opening).removesuffix(closing)
    mathml = _converted(latex, display) if len(latex) <= MAX_FORMULA else None
    return mathml or f"<code>{escape(source, quote=False)}</code>"


def _converted(latex: str, display: str) -> str | None:
    try:
        return convert(latex, display=display)
    except Exception:  # the converter may raise anything for bad input
        return None
