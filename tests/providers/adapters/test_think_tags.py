from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.base import ReasoningDelta, Restart
from providers.adapters.think_tags import TAGS, ThinkTags

VARIANTS = (Path(__file__).parent / "cases" / "f1-think-variants.md").read_text().split("\n-----\n\n")
ONE, TWO, THREE, FOUR, CUT_OFF, EXAMPLE = (variant.strip("\n") for variant in VARIANTS)
UNTOUCHED = [
    EXAMPLE,
    "",
    "Hello",
    "  indented",
    "\n \t\n",
    "< 3 and > 2",
    "<thin> is no tag",
    "Write `</think>` at the end.",
    "Close it with </think> as you opened it.",
    "```xml\n<a>\n</think>\n```\nThat closes it.",
    "Use <think>:\n</think>\nand so on.",
]


def split(text: str, cuts: list[int]) -> tuple[str, str]:
    """Return the reasoning and text of an answer that comes in pieces."""
    tags = ThinkTags()
    bounds = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    reasoning = answer = ""
    pieces = [delta for start, end in pairwise(bounds) for delta in tags.feed(text[start:end])]
    for delta in [*pieces, *tags.close()]:
        if isinstance(delta, Restart):
            reasoning, answer = answer[: len(answer) - delta.excess].strip(), ""
        elif isinstance(delta, ReasoningDelta):
            reasoning += delta.text
        else:
            answer += delta.text
    return reasoning, answer


cuts = st.lists(st.integers(0, 200), max_size=60)


@pytest.mark.parametrize(
    ("answer", "text"), [(ONE, "Answer one."), (TWO, "Answer two."), (THREE, "Answer three."), (FOUR, "Answer four.")]
)
@given(cuts=cuts)
def test_it_takes_reasoning_out_of_the_text_in_any_split(answer: str, text: str, cuts: list[int]) -> None:
    reasoning = "plan without an opening tag" if answer == TWO else "plan"

    assert split(answer, cuts) == (reasoning, text)


@given(cuts=cuts)
def test_all_is_reasoning_if_it_does_not_end(cuts: list[int]) -> None:
    assert split(CUT_OFF, cuts) == ("cut off before the end", "")


@pytest.mark.parametrize("answer", UNTOUCHED)
@given(cuts=cuts)
def test_it_leaves_other_text_as_it_is(answer: str, cuts: list[int]) -> None:
    assert split(answer, cuts) == ("", answer)


@pytest.mark.parametrize(("opening", "closing"), TAGS.items())
def test_it_knows_each_pair_of_tags(opening: str, closing: str) -> None:
    assert split(f"\n{opening}\n1 < 2\n\nso\n{closing}\n\n  Yes.", [3, 9]) == ("1 < 2\n\nso", "Yes.")


@given(cuts=cuts)
def test_empty_reasoning_is_none(cuts: list[int]) -> None:
    assert split("<think>\n\n</think>\n\nHello", cuts) == ("", "Hello")


@given(cuts=cuts)
def test_it_takes_a_second_block_that_follows_at_once(cuts: list[int]) -> None:
    assert split("<think>a</think>\n<think>b</think>c <think>d</think>", cuts) == ("a\n\nb", "c <think>d</think>")
