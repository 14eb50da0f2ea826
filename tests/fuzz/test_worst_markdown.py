"""A search for texts that take long to render, or become long: no repetition of what means something in Markdown does.

The time is that of this thread, compared with prose of the same length in the same run. What the search is for takes a
hundred times as long.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generations.rendering import StreamRenderer, render
from generations.rendering.limits import MAX_GROWTH
from tests.fuzz.code_patterns import PATTERNS

SIZE = 60_000
PROSE = "Some words, with **bold** ones and `code`, as models write them in a paragraph of an answer.\n\n"
MOST = 15
"""Times of prose that any text may take."""
PIECES = (
    *(
        " ",
        "\t",
        "\n",
        "\n\n",
        "a",
        "a ",
        "1",
        "1.",
        "世",
        "\u200b",
        "\r",
        "\x00",
        "é",
        ".",
        "+",
        "=",
        ":",
        "/",
        "^",
        "\\",
        "\\\\",
    ),
    *(
        "*",
        "**",
        "_",
        "__",
        "~",
        "~~",
        "`",
        "``",
        "```",
        "```\n",
        "```python\n",
        "~~~\n",
        "```markdown\n",
        "**「世」**",
    ),
    *(
        "$",
        "$$",
        "$$\n",
        "$x$ ",
        "$$x$$",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "\\(x\\)",
        "\\begin{align}",
        "\\frac{",
        "{",
        "}",
        "x^2",
        "a_",
    ),
    *(
        "[",
        "]",
        "](",
        "[a](b)",
        "[a]:",
        "[^1]",
        "[^1]: ",
        "![",
        "(",
        ")",
        "<",
        ">",
        "<b>",
        "</b>",
        "<b title=1>",
        "<p>",
        "</p>",
    ),
    *(
        "<div>\n",
        "</div>\n",
        "<!--",
        "-->",
        "<table><tr><td>",
        "<a href=x>",
        "<script>",
        "&",
        "&amp;",
        "&#1;",
        '"',
        "'",
    ),
    *(
        "http://a.b ",
        "www.",
        "a@b.c ",
        "<http://a>",
        "- ",
        "-\n",
        "- a\n",
        "* ",
        "1. a\n",
        "> ",
        ">\n",
        "# ",
        "# a\n",
        "---\n",
    ),
    *(
        "===\n",
        "|",
        "|a|",
        "|-|",
        "|a|b|\n|-|-|\n",
        "- [ ] ",
        "    a\n",
        "\n$$\n",
        "\n- ",
        "\n> ",
        "\n\n- a",
        "\n    - ",
    ),
)


def stream(text: str) -> str:
    renderer = StreamRenderer()
    for start in range(0, len(text), 97):
        renderer.feed(text[start : start + 97])
    renderer.flush()
    return renderer.snapshot("k")


def timed(function: Callable[[str], str], text: str) -> tuple[float, str]:
    # A collection of everything that other tests have left would count, too.
    gc.disable()
    try:
        began = time.thread_time()
        html = function(text)
        return time.thread_time() - began, html
    finally:
        gc.enable()


def of_size(unit: str, size: int = SIZE) -> str:
    return (unit * (size // len(unit) + 1))[:size]


@pytest.mark.parametrize("function", [render, stream])
@example("```\n```\n```\n\n\n- a<script>")
@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join))
def test_no_text_takes_long_or_becomes_long(function: Callable[[str], str], unit: str) -> None:
    usual = min(timed(function, of_size(PROSE))[0] for _ in range(2))

    seconds, html = timed(function, of_size(unit))

    assert len(html) <= MAX_GROWTH * SIZE
    assert seconds <= MOST * usual, f"{unit!r} takes {seconds / usual:.0f} times as long as prose"


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(
        ["python", "js", "html", "css", "sql", "bash", "rust", "yaml", "lisp", "latex", "diff", "markdown"]
    ),
    st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=4).map("".join),
)
def test_no_code_takes_long_or_becomes_long(language: str, unit: str) -> None:
    usual = min(timed(render, of_size(PROSE))[0] for _ in range(2))

    seconds, html = timed(render, f"~~~~{language}\n{of_size(unit)}\n~~~~")

    assert len(html) <= MAX_GROWTH * SIZE + 1000
    assert seconds <= MOST * usual, f"{unit!r} takes {seconds / usual:.0f} times as long as prose"
