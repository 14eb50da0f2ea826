"""LaTeX to MathML."""

from __future__ import annotations

import re
from html import escape

from latex2mathml.converter import convert

from generations.rendering.sanitizer import MATHS

MAX_FORMULA = 2_000
"""In characters."""
_DELIMITERS = (("$$", "$$", "block"), ("\\[", "\\]", "block"), ("\\(", "\\)", "inline"), ("$", "$", "inline"))
_ALIGNED = (r"\begin{align*}", r"\end{align*}")
_CENTERED = (r"\begin{array}{c}", r"\end{array}")
# Environments that the converter does not know, or that it numbers, as others.
_ENVIRONMENTS = {
    "align": _ALIGNED,
    "alignat": _ALIGNED,
    "aligned": _ALIGNED,
    "alignedat": _ALIGNED,
    "dcases": (r"\begin{cases}", r"\end{cases}"),
    "displaymath": ("", ""),
    "eqnarray": (r"\begin{array}{rcl}", r"\end{array}"),
    "equation": ("", ""),
    "flalign": _ALIGNED,
    "gather": _CENTERED,
    "gathered": _CENTERED,
    "math": ("", ""),
    "multline": _CENTERED,
    "rcases": (r"\left.\begin{array}{ll}", r"\end{array}\right\}"),
}
_KNOWN = frozenset(
    ("array", "bmatrix", "Bmatrix", "cases", "matrix", "pmatrix", "smallmatrix", "split", "vmatrix", "Vmatrix")
)
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([A-Za-z]+)\*?\}(?:\[[a-z]\]|(?<=[t*]\})\{\d+\})?")
_NUMBERING = re.compile(r"\\(?:label\s*\{[^{}]*\}|(?:nonumber|notag)(?![A-Za-z]))")
_LINE_END = 'linebreak="newline"'
_ROW_SPACE = re.compile(r"(?<=\\\\)(?:\*|\s*\[\s*-?[\d.]+\s*[a-z]{2}\s*\])+")
# What the converter writes without some of its signs, or with wrong ones.
_LOSSY = re.compile(r"\\math(?:bin|rel|strut|op)\b|\\(?:text\w*|mbox|tag)\*?\s*\{[^{}]*\$[^{}]*\$")
# Operators whose name has a space, which the converter does not know, or in a form that it does not know.
_ARG = re.compile(r"\\arg(?:\s*\\(max|min))?(?![A-Za-z])")
_MATHOP = re.compile(r"\\mathop\s*\{\s*\\(?:mathrm|text|operatorname\*?)\s*(\{[^{}]*\})\s*\}")
_OPERATOR = re.compile(r"(\\operatorname\*?)\s*\{([A-Za-z\s~\\,;:!]*)\}")
_NO_LETTER = re.compile(r"[^A-Za-z]+")
_NAME_OF_TWO_WORDS = re.compile(r"(?<=>)(arg|ess)(?=(?:max|min|sup|inf)</mo>)")
_TEXT = re.compile(r"\\(?:text\w*|mbox|hbox|tag|emph)\*?\s*\{[^{}]*\}")
_HIDDEN = str.maketrans("<>", "\ue000\ue001")
_SHOWN = {0xE000: "&lt;", 0xE001: "&gt;"}
_BIGGER = re.compile(r"\\Bigg[lrm]\b")
_PERCENT = re.compile(r"(?<!\\)%")
_DELIMITER = re.compile(r"(?<=>)\\([{}|])(?=</mo>)")
_ESCAPE_IN_TEXT = re.compile(r"\\([%$#&_])(?=[^<>]*</mtext>)")
_TAG = re.compile(r"<[^>]*>")
_TAG_NAME = re.compile(r"</?([^\s>/]*)")
_UNREAD = re.compile(r"\\|&(?![#\w]+;)")


def formula(source: str) -> str:
    """Return the MathML of a formula, which is given with its delimiters.

    Return its source as code if it is too long to be a formula, not valid, or has a command that the converter does not
    know. Takes about 0.3 ms per line.
    """
    opening, closing, display = next((row for row in _DELIMITERS if source.startswith(row[0])), ("", "", "block"))
    latex = source.removeprefix(opening).removesuffix(closing)
    mathml = _converted(latex, display) if len(latex) <= MAX_FORMULA else None
    return mathml or f"<code>{escape(source, quote=False)}</code>"


def _converted(latex: str, display: str) -> str | None:
    latex = _MATHOP.sub(r"\\operatorname*\1", _ARG.sub(r"\\operatorname*{arg\1}", latex))
    latex = _OPERATOR.sub(lambda match: f"{match[1]}{{{_NO_LETTER.sub('', match[2])}}}", latex)
    if _LOSSY.search(latex):
        return None
    try:
        latex = _ENVIRONMENT.sub(_environment, _NUMBERING.sub("", _ROW_SPACE.sub("", latex)))
        latex = _PERCENT.sub(r"\\%", _BIGGER.sub(r"\\Bigg", latex))
        latex = _TEXT.sub(lambda match: match[0].translate(_HIDDEN), latex)
        mathml = _mathml(latex, display)
        if _LINE_END in mathml:
            # Lines outside of any environment, which browsers would write side by side.
            mathml = _mathml(_CENTERED[0] + latex + _CENTERED[1], display)
    except Exception:  # the converter may raise anything for bad input
        return None
    if _LINE_END in mathml or not MATHS.issuperset(_TAG_NAME.findall(mathml)) or _UNREAD.search(_TAG.sub("", mathml)):
        return None
    return mathml.translate(_SHOWN)


def _environment(match: re.Match[str]) -> str:
    """Return what the begin or end of an environment is called; raise KeyError for an unknown one."""
    position, name = match.groups()
    if name in _KNOWN:
        return match[0]
    begin, end = _ENVIRONMENTS[name]
    return begin if position == "begin" else end


def _mathml(latex: str, display: str) -> str:
    mathml = _NAME_OF_TWO_WORDS.sub("\\1\u2009", convert(latex, display=display))
    mathml = _ESCAPE_IN_TEXT.sub(r"\1", mathml)
    return _DELIMITER.sub(lambda match: "\u2016" if match[1] == "|" else match[1], mathml)
