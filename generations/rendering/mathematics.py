"""LaTeX to MathML."""

from __future__ import annotations

import re
from html import escape

from math_core import LatexError, LatexToMathML

MAX_FORMULA = 2_000
"""In characters; so no formula can be nested deeper than the converter's stack allows."""
_DELIMITERS = (("$$", "$$", True), ("\\[", "\\]", True), ("\\(", "\\)", False), ("$", "$", False))
# Commands that the converter does not know, as others.
_MACROS = {
    "dotsc": r"\ldots",
    "dotso": r"\ldots",
    "hbox": r"\text{#1}",
    "hdots": r"\ldots",
    "mathclap": "#1",
    "mathllap": "#1",
    "mathrlap": "#1",
    "mbox": r"\text{#1}",
    "nicefrac": "{#1}/{#2}",
    "sfrac": "{#1}/{#2}",
    "smash": "#1",
    "substack": r"\begin{subarray}{c}#1\end{subarray}",
}
_CONVERTER = LatexToMathML(macros=_MACROS, fancy_error=False, allow_unreliable_rendering=True)
_ALIGNED = (r"\begin{aligned}", r"\end{aligned}")
_CENTERED = (r"\begin{gathered}", r"\end{gathered}")
# Environments that the converter does not know, or that it numbers or makes as wide as the page, as others.
_ENVIRONMENTS = {
    "align": _ALIGNED,
    "alignat": _ALIGNED,
    "alignedat": _ALIGNED,
    "displaymath": ("", ""),
    "eqnarray": (r"\begin{array}{rcl}", r"\end{array}"),
    "equation": ("", ""),
    "flalign": _ALIGNED,
    "gather": _CENTERED,
    "math": ("", ""),
    "multline": _CENTERED,
    "smallmatrix": (r"\begin{matrix}", r"\end{matrix}"),
    "split": _ALIGNED,
}
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([A-Za-z]++)\*?+\}(?:\[[a-z]\]|(?<=[t*]\})\{\d++\})?+")
# What most formulas do not have, and all that is changed.
_CHANGED = re.compile(
    r"[%#]|\\(?:\\|arg|begin|command|[egx]?def|end|eqref|global|hbox|label|let|mathop|mbox|new|no|provide|re|tag|text)"
)
# Marks of numbers, which a single formula does not have, and what loads an extension.
_NUMBERING = re.compile(r"\\(?:(?:label|require)\s*+\{[^{}]*+\}|(?:nonumber|notag)(?![A-Za-z]))")
_TAG = re.compile(r"\\tag\*?+\s*+\{([^{}]*+)\}")
_ROW_SPACE = re.compile(r"(?<=\\\\)(?:\*|\s*+\[\s*+-?+[\d.]++\s*+[a-z]{2}\s*+\])++")
_COLUMN_SPACE = re.compile(r"(?<=\\begin\{array\}\{)((?:[^{}@]|@\{[^{}]*+\})*+)(?=\})")
# Definitions, which could make a short formula long, and commands whose meaning is beyond a formula.
_REFUSED = re.compile(r"\\(?:[egx]?def|let|global|(?:re|provide)?(?:new)?command\*?|(?:eq)?ref)(?![A-Za-z])")
# Operators whose name has a space.
_ARG = re.compile(r"\\arg(?:\s*+\\(max|min))(?![A-Za-z])")
_MATHOP = re.compile(r"\\mathop\s*+\{\s*+\\(?:mathrm|text|operatorname\*?+)\s*+(\{[^{}]*+\}|\\arg\s*+\\[a-z]++)\s*+\}")
_TEXT = re.compile(r"(\\(?:text\w*+|mbox|hbox)\s*+)\{([^{}]*+)\}")
_FORMULA_IN_TEXT = re.compile(r"(?<!\\)\$([^$]*+)(?<!\\)\$")
_DOLLAR = re.compile(r"(?<!\\)\$")
_ESCAPED_DOLLAR = r"\\$"
_BARE = re.compile(r"(?<!\\)[%#]")
_ESCAPE_IN_TEXT = re.compile(r"(\\[%$#&_{}]) ")
# Line ends, and the groups and environments that they may be in.
_GROUP = re.compile(
    r"(?P<line>\\\\)|\\[{}]|(?P<rows>\\(?:begin\s*+\{[^{}]*+\}|substack\s*+\{))|(?P<other>\{|\\left(?![a-z]))"
    r"|(?P<end>\}|\\right(?![a-z])|\\end\s*+\{[^{}]*+\})"
)
# The declarations of style attributes, which the content security policy does not let pages use, as classes.
_CLASSES = {
    "text-align:left": "left",
    "text-align:right": "right",
    "padding-left:0": "flush-left",
    "padding-right:0": "flush-right",
    "padding-left:1em": "apart",
    "padding-top:0": "tight",
}
_STYLE = re.compile(r' style="([^"]*+)"')
_COLOR = re.compile(r"color:(#[\dA-F]{6});?")
_SAFE = re.compile(
    r"(?:[^<>]++|</?(?:math|menclose|mfrac|mi|mmultiscripts|mn|mo|mover|mpadded|mphantom|mprescripts|mroot|mrow|mspace"
    r"|msqrt|mstyle|msub|msubsup|msup|mtable|mtd|mtext|mtr|munder|munderover|b|code|em|i|span)"
    r'(?: [a-z]++="[\w .#%+-]*+")*+/?>)*+'
)


def formula(source: str) -> str:
    """Return the MathML of a formula, which is given with its delimiters; it needs no sanitizing.

    Return its source as code if it is too long to be a formula, not valid, or has a command that the converter does not
    know. Takes about 0.1 ms per 1,000 characters.
    """
    opening, closing, is_display = next((row for row in _DELIMITERS if source.startswith(row[0])), ("", "", True))
    latex = source.removeprefix(opening).removesuffix(closing)
    mathml = _converted(latex, is_display=is_display) if len(latex) <= MAX_FORMULA else None
    return mathml or f"<code>{escape(source, quote=False)}</code>"


def _converted(latex: str, *, is_display: bool) -> str | None:
    try:
        if _CHANGED.search(latex):
            latex = _with_rows(_with_known_commands(latex))
        mathml = _CONVERTER.convert_with_local_state(latex, displaystyle=is_display)
    except (LatexError, _UnknownError):
        return None
    if _STYLE.search(mathml):
        mathml = _STYLE.sub(_attributes, mathml)
    return mathml if _SAFE.fullmatch(mathml) else None


class _UnknownError(Exception):
    """The converter would define commands, or show less than there is."""


def _with_known_commands(latex: str) -> str:
    if _REFUSED.search(latex):
        raise _UnknownError
    latex = _MATHOP.sub(r"\\operatorname*\1", _ARG.sub(r"\\operatorname*{arg\\,\1}", latex))
    latex = _TAG.sub(r"\\qquad\\text{(\1)}", _NUMBERING.sub("", _ROW_SPACE.sub("", latex)))
    latex = _ENVIRONMENT.sub(_environment, latex)
    latex = _COLUMN_SPACE.sub(lambda match: re.sub(r"@\{[^{}]*+\}", "", match[1]), latex)
    return _BARE.sub(r"\\\g<0>", _TEXT.sub(_text, latex))


def _environment(match: re.Match[str]) -> str:
    """Return what the begin or end of an environment is called."""
    position, name = match.groups()
    begin, end = _ENVIRONMENTS.get(name, (rf"\begin{{{name}}}", rf"\end{{{name}}}"))
    return begin if position == "begin" else end


def _text(match: re.Match[str]) -> str:
    """Return a text with the formulas in it beside it."""
    command, text = match[1], _ESCAPE_IN_TEXT.sub(r"\1~", match[2])
    pieces = _FORMULA_IN_TEXT.split(text)
    pieces[::2] = [f"{command}{{{_DOLLAR.sub(_ESCAPED_DOLLAR, piece)}}}" for piece in pieces[::2]]
    return "".join(pieces)


def _with_rows(latex: str) -> str:
    """Return a formula whose lines end outside of any environment as rows of one; raises _UnknownError."""
    groups: list[str] = []
    has_lines = False
    for match in _GROUP.finditer(latex):
        kind = match.lastgroup
        if kind in ("rows", "other"):
            groups.append(kind)
        elif kind == "end" and groups:
            groups.pop()
        elif kind == "line":
            has_lines = has_lines or not groups
            if groups and groups[-1] == "other":
                raise _UnknownError
    return latex.join(_CENTERED) if has_lines else latex


def _attributes(match: re.Match[str]) -> str:
    """Return the attributes that stand for a style."""
    color = _COLOR.search(match[1])
    declarations = match[1].replace(" ", "").split(";")
    classes = [_CLASSES[each] for each in declarations if each in _CLASSES]
    classes += [f"line-{each[7:].partition(':')[0]}" for each in declarations if each.startswith("border-")]
    mathcolor = f' mathcolor="{color[1]}"' if color else ""
    return f'{mathcolor} class="{" ".join(classes)}"' if classes else mathcolor
