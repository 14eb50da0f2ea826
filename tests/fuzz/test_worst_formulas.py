"""A search for formulas that take long to convert, and a test that none is nested too deep for a thread."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generations.rendering import render
from generations.rendering.mathematics import MAX_FORMULA, formula
from tests.fuzz.test_worst_markdown import timed

SIZE = 60_000
PROSE = "Some words, with **bold** ones and `code`, as models write them in a paragraph of an answer.\n\n"
MOST = 15
"""Times of prose that any formulas may take."""
PIECES = (
    *("x", "1", " ", "+", "=", "(", "[", "]", ")", "|", "'", "^", "_", "&", "{", "}", "~", ",", "é", "%", "#", "<"),
    *(r"\\", r"\frac", r"\sqrt", r"\hat", r"\not", r"\over", r"\choose", r"\limits", r"\displaystyle", r"\color{red}"),
    *(
        r"\left(",
        r"\right)",
        r"\middle|",
        r"\big(",
        r"\text{a b}",
        r"\text{$",
        r"\mathbf",
        r"\mathrm{",
        r"\operatorname{",
    ),
    *(
        r"\begin{aligned}",
        r"\end{aligned}",
        r"\begin{array}{c|c}",
        r"\begin{array}{",
        r"\hline",
        r"\tag{1}",
        r"\label{",
    ),
    *(
        r"\substack{",
        r"\mbox{",
        r"\sfrac",
        r"\smash",
        r"\dotsc",
        r"\stackrel",
        r"\overbrace",
        r"\xrightarrow[",
        r"\phantom",
    ),
    *(
        r"\arg\max",
        r"\mathop{\mathrm{",
        r"\prescript",
        r"\sideset{_1}{_2}",
        r"\genfrac",
        r"\hspace{1em}",
        r"\middle",
        r"\&",
    ),
)
NESTED = (
    (r"\hat", "x", ""),
    ("{", "x", "}"),
    ("x^{", "y", "}"),
    (r"\sqrt[", "x", "]x"),
    (r"\frac1", "x", ""),
    (r"\left(", "x", r"\right)"),
    (r"\begin{matrix}", "x", r"\end{matrix}"),
    (r"\color{red}", "x", ""),
    (r"\displaystyle", "x", ""),
    (r"\substack{", "x", "}"),
    (r"\not", "x", ""),
)
IN_A_SMALL_STACK = """
import sys, threading
from generations.rendering.mathematics import formula
threading.stack_size(2 * 1024 * 1024)
thread = threading.Thread(target=lambda: [formula(line) for line in sys.stdin.read().split()])
thread.start()
thread.join()
"""


def of_size(unit: str, number: int) -> str:
    """Return a formula as long as any may be, which differs from the ones with other numbers."""
    length = MAX_FORMULA - 10
    return f"{number}+{(unit * (length // len(unit) + 1))[:length]}"


def seconds_of(text: str) -> float:
    seconds, _ = timed(render, text)
    return seconds


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join))
def test_no_formulas_take_long(unit: str) -> None:
    usual = min(seconds_of(PROSE * (SIZE // len(PROSE))) for _ in range(2))
    text = "\n\n".join(f"$${of_size(unit, number)}$$" for number in range(SIZE // MAX_FORMULA))

    seconds = seconds_of(text)

    assert seconds <= MOST * usual, f"{unit!r} takes {seconds / usual:.0f} times as long as prose"


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join))
def test_a_formula_is_set_or_shown_as_its_source(latex: str) -> None:
    html = formula(f"$${latex}$$")

    assert html.startswith(("<math", "<code>"))
    assert html.count("<math") <= 1
    assert " style=" not in html


def test_no_formula_is_nested_too_deep_for_a_thread() -> None:
    lengths = [(MAX_FORMULA - len(inner)) // len(opening + closing) for opening, inner, closing in NESTED]
    formulas = [
        f"${opening * count}{inner}{closing * count}$"
        for (opening, inner, closing), count in zip(NESTED, lengths, strict=True)
    ]

    done = subprocess.run(
        [sys.executable, "-c", IN_A_SMALL_STACK], input="\n".join(formulas), text=True, capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", [r"\def", r"\gdef", r"\edef", r"\let", r"\newcommand", r"\providecommand"])
def test_no_formula_defines_commands(command: str) -> None:
    assert formula(rf"${command}\x{{aaaa}}\x\x$").startswith("<code>")
