"""Code blocks: their frame, and highlighting with Pygments' classes once they are closed."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String
from pygments.util import ClassNotFound

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

HIGHLIGHT_LIMIT = 20_000
"""In characters: more would take longer than 80 ms."""
FOOT = "</code></pre></div>"
_LANGUAGE = re.compile(r"[\w+#.-]{1,32}", re.ASCII)
_CLASSES = {
    Comment: "c",
    Comment.Preproc: "cp",
    Generic.Deleted: "gd",
    Generic.Heading: "gh",
    Generic.Inserted: "gi",
    Generic.Prompt: "gp",
    Generic.Subheading: "gu",
    Keyword: "k",
    Name.Attribute: "na",
    Name.Builtin: "nb",
    Name.Class: "nc",
    Name.Constant: "no",
    Name.Decorator: "nd",
    Name.Exception: "ne",
    Name.Function: "nf",
    Name.Tag: "nt",
    Name.Variable: "nv",
    Number: "m",
    Operator.Word: "ow",
    String: "s",
    String.Escape: "se",
}


def language_of(info: str) -> str:
    """Return the language that a fence's info string names, or ``""``."""
    word = info.split(maxsplit=1)[0] if info.strip() else ""
    return word if _LANGUAGE.fullmatch(word) else ""


def head(language: str) -> str:
    """Return the HTML of a code block before its first character; ``FOOT`` closes it."""
    name = f' class="language-{language}"' if language else ""
    return (
        f'<div class="code-block"><div class="code-head"><span class="code-language">{language or "text"}</span>'
        f'<button type="button" class="copy" data-copy>Copy</button></div><pre tabindex="0"><code{name}>'
    )


def highlighted(code: str, language: str) -> str:
    """Return escaped code, with Pygments' classes if the language is known and the code has at most ``HIGHLIGHT_LIMIT``
    characters.

    Takes 2 to 4 ms per 1,000 characters, so call it in a thread for long code.
    """
    lexer = _lexer(language.lower()) if language and len(code) <= HIGHLIGHT_LIMIT else None
    if lexer is None:
        return escape(code, quote=False)
    tokens = [(_class_of(kind), value) for kind, value in lexer.get_tokens(code)]
    # Some lexers change a text; then the code is shown without classes.
    if "".join(value for _, value in tokens) != code:
        return escape(code, quote=False)
    return "".join(
        _span(name, "".join(value for _, value in run)) for name, run in groupby(tokens, key=lambda token: token[0])
    )


def _span(name: str, text: str) -> str:
    text = escape(text, quote=False)
    return f'<span class="{name}">{text}</span>' if name and not text.isspace() else text


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


@lru_cache(maxsize=512)
def _class_of(kind: _TokenType) -> str:
    parent = kind.parent
    return _CLASSES.get(kind) or (_class_of(parent) if parent is not None else "")
