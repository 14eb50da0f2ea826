from __future__ import annotations

import json
from itertools import chain, repeat
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generations.rendering import StreamRenderer, render
from generations.rendering.open_block import Budget
from tests.generations.rendering.patched_html import Column, streamed

EXAMPLES: list[str] = [
    example
    for examples in json.loads((Path(__file__).parent / "data/specification_examples.json").read_text()).values()
    for example in examples
]
FRAGMENTS = [
    *(
        "- ",
        "* ",
        "1. ",
        "2) ",
        "  ",
        "    ",
        "\t",
        "\n",
        "\n\n",
        "foo",
        "bar baz",
        "a|b\n-|-\n",
        "| x",
        "```",
        "\n```\n",
    ),
    *(
        "```py\n",
        "~~~\n",
        "> ",
        "# ",
        "---",
        "===",
        "*",
        "**",
        "_",
        "`",
        "~~",
        "$",
        "$$",
        "$x$",
        "[a](http://b.c)",
        "<b>",
    ),
    *("</b>", "<div>", "<!--", "-->", "<script>", "&amp;", "&", "\\", "é", "日本", "1", "- [ ] ", "\r\n", "\r", "\x00"),
    *(
        "\u00a0",
        "  \n",
        "|",
        "+ ",
        "    code",
        "; ",
        "(par)",
        "Vec<String>",
        ".",
        "\n- a\n- b\n",
        "\n   - n\n",
        "\ufeff",
        "![",
    ),
    *(
        "$5",
        "/$",
        "**$10**",
        "\\(",
        "\\)",
        "\\[\nx\n",
        "\\]",
        "`$",
        "http://b.c/",
        "www.b",
        "\\_",
        "**「",
        "」**",
        "含",
        "(x)**",
        "[^1]",
        "\n[^2] ",
        "```md\n",
        '```md t="x"\n',
        "~a~",
        "\\[4pt]",
        "\n\\begin{align}\n",
        "\\end{align}",
        "$ x = y $",
        "\n$$\n",
        "$$ =\n",
        "\n+ 2\n",
        "\n=\n",
        "\n> $$\n> ",
        "- $$\n",
        "\n  $$\n  - ",
        "~~~md\n",
        "\n> ```md\n> ",
        "\n  ",
        "<a href='http://b.c'>",
        "</a>",
        "\x1a",
        "※",
    ),
]
ANSWER = """## Overview

A **bold claim** about `asyncio` (see [the docs](https://docs.python.org)): it runs *one* loop, $x^2$.

1. First step with `pip install foo`

   ```python
   def f(x: int) -> str:
       return "a < b"
   ```
2. Second step
   - nested **one**
   - [x] nested two

| a | b |
|---|:-:|
| 1 | `2` |
| <b>3 | 4 |

Setext
------

```js
let a = "</code>";
```

> quoted
> text

<details>
<summary>More</summary>
</details>

The end."""
WORDS = [
    "a",
    "b ",
    " c",
    "*",
    "_",
    "**",
    "`",
    "~~",
    "$",
    "[",
    "](",
    "u:v",
    ")",
    "<b>",
    "</b>",
    "<",
    ">",
    "&",
    "amp",
    ";",
    "/",
    "http:",
    "www.x",
    "「",
    "含",
    "[^1]",
    "\\",
    "!",
    "#",
]
pieces = st.integers(1, 12)
documents = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join),
    st.lists(st.sampled_from(EXAMPLES), max_size=4).map("".join),
).filter(lambda text: "]:" not in text)


def cut(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_it_streams_every_specification_example_to_the_html_of_the_whole(size: int) -> None:
    examples = [example for example in EXAMPLES if "]:" not in example]

    wrong = [example for example in examples if streamed(cut(example, size)).html != render(example)]

    assert len(examples) > 600
    assert wrong == []


@settings(max_examples=300, deadline=None)
@given(documents, st.lists(pieces, min_size=1, max_size=8))
def test_it_streams_any_split_of_any_text_to_the_html_of_the_whole(text: str, sizes: list[int]) -> None:
    split: list[str] = []
    start = 0
    while start < len(text):
        split.append(text[start : start + sizes[len(split) % len(sizes)]])
        start += len(split[-1])

    column = streamed(split)

    assert column.html == render(text)


@pytest.mark.parametrize("end", ["\x0b", "\x0c", "\x85", "\u2028"])
def test_a_line_of_a_fence_ends_with_a_line_feed_alone(end: str) -> None:
    text = f"```\na{end}```{end}b\n```\nc"

    assert streamed(cut(text, 4)).html == render(text)


@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize(
    "text",
    [
        "$$ =\n$$\n$$\n$$\n(x)**\n$$\n~a~\n$$\n\n+ 2\n$$ =\r$$\n",
        "$$\n# $$\n<a href='http://b.c'>\n+ 2\n~a~",
        "\n$$\n- $$\n=\n$$ =a|b\n-|-\n",
        "\n  $$\n  - $$\n\n    $$\na|b\n-|-\n\\[ x_\n+ 2\n",
        "`\n$$\n# $$ =a|b\n-|-\n**a**```md\n",
        "$x$```\n---\n$$<div>\\[\n$$ =\n$$\n$$",
        "\\[ x_2) \n+ 2\n$$ =\\[\n\\]\\[\nx\n- $$\n",
        "</b>$$\n(x)**$$ =~a~**a**\n\n$$ =1. \n\n",
        "- $$\n\n  > $$ =\n> $$\n> ",
        "- \\_\n$$\nfoo\n    > \n=\n---\n",
        "~~~---\n~~~\xa0\n\n",
        "> ```$$`a|b\n-|-\n$$\n",
    ],
)
def test_it_streams_formulas_that_look_like_blocks_to_the_html_of_the_whole(text: str, size: int) -> None:
    assert streamed(cut(text, size)).html == render(text)


@settings(max_examples=100, deadline=None)
@given(documents, pieces)
def test_it_continues_after_each_flush(text: str, size: int) -> None:
    column = streamed(cut(text, size), flush_each=True)

    assert column.html == render(text)


@pytest.mark.parametrize("size", [1, 4, 100])
def test_it_streams_an_answer_to_the_html_of_the_whole(size: int) -> None:
    text = (ANSWER + "\n\n") * 8

    column = streamed(cut(text, size))

    assert column.html == render(text)


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        pytest.param("```\n" + "x = 1  # one more line\n" * 4_300, 1.5, id="open fence"),
        pytest.param("```\n" + "x = 1  # one more line\n" * 4_300 + "```\n", 3, id="closed fence"),
        pytest.param("| a | b |\n|---|---|\n" + "| cell | and **another** |\n" * 3_800, 3, id="table"),
        pytest.param("- **Item**: some text that is here `x`\n" * 2_500, 15, id="list"),
        pytest.param("- top\n" + "  - **Item**: some text that is here `x`\n" * 2_400, 15, id="nested list"),
        pytest.param("plain words, and *some* that are not " * 2_700, 15, id="paragraph"),
        pytest.param("> plain words, and *some* that are not\n" * 2_500, 15, id="quotation"),
        pytest.param("plain words " * 8_300, 1.5, id="plain paragraph"),
        pytest.param((ANSWER + "\n\n") * 220, 16, id="answer"),
    ],
)
def test_it_sends_a_small_multiple_of_a_long_text(text: str, factor: float) -> None:
    renderer = StreamRenderer()

    received = sum(len(patch.html) for piece in cut(text, 4) for patch in renderer.feed(piece))

    assert len(text) > 90_000
    assert received <= factor * len(text)


def test_it_shows_words_of_an_unfinished_line() -> None:
    renderer, column = StreamRenderer(), Column()

    column.take(renderer.feed("Intro.\n\nThe quick"))
    column.take(renderer.feed(" brown fox"))

    assert column.html == "<p>Intro.</p><p>The quick brown fox</p>"


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=10), st.lists(st.sampled_from(WORDS), max_size=3))
@example([" &amp"], [";"])
@example([" _a_"], ["b"])
@example(["<b>c"], ["d"])
@example([" $5/$"], ["10"])
@example([" [a](u:v"], [")"])
@example([" a\\"], ["*b"])
def test_it_appends_words_only_if_the_whole_renders_them_so(start: list[str], more: list[str]) -> None:
    text = "x" + "".join(start)
    renderer = StreamRenderer(text)

    renderer.feed("".join(more))

    content = renderer.snapshot("k").removeprefix('<div id="k-open" class="open-block">').removesuffix("</div>")
    assert content.replace(' id="k-tail"', "") == render(text + "".join(more))


def test_it_appends_plain_words_without_sending_the_paragraph_again() -> None:
    renderer = StreamRenderer("The **quick**\nbrown")

    patches = renderer.feed(" fox, 3 ")

    assert [(patch.swap, patch.html) for patch in patches] == [("tail", " fox, 3")]


@pytest.mark.parametrize("markers", ["-", "1.", "- [x", "###", "> ", "**", "```py", "---", "| -"])
def test_it_holds_back_a_line_of_only_markers(markers: str) -> None:
    renderer, column = StreamRenderer(), Column()
    column.take(renderer.feed("Intro.\n"))
    before = column.html

    column.take(renderer.feed(markers))

    assert column.html == before
    column.take(renderer.flush())
    assert column.html == render(f"Intro.\n{markers}")


def test_it_closes_a_list_as_soon_as_a_line_outside_begins() -> None:
    renderer, column = StreamRenderer(), Column()

    column.take(renderer.feed("- a\n- b\n\nNe"))

    closed = '<ul dir="auto"><li>a</li><li>b</li></ul>'
    assert (column.closed, column.html) == (closed, f"{closed}<p>Ne</p>")


def test_it_keeps_the_frame_of_a_fence_when_it_closes() -> None:
    renderer, column = StreamRenderer(), Column()
    column.take(renderer.feed("```python\nx\n"))
    frame = column.html.partition("<code")[0]

    column.take(renderer.feed("```\n"))

    assert column.closed.startswith(frame)
    assert column.open == ""


def test_it_sends_only_the_new_lines_of_an_open_fence() -> None:
    renderer = StreamRenderer("```python\na < b\n")

    patches = renderer.feed("second\nthi")

    assert [(patch.swap, patch.html) for patch in patches] == [("tail", "second\n")]


def test_it_sends_only_the_new_rows_of_a_table() -> None:
    renderer = StreamRenderer("|a|b|\n|-|-|\n|1|2|\n")

    patches = renderer.feed("|3|4|\n|5")

    assert [(patch.swap, patch.html) for patch in patches] == [("tail", "<tr><td>3</td><td>4</td></tr>")]


def test_it_sends_only_the_last_and_new_items_of_a_list() -> None:
    renderer = StreamRenderer("- a\n- b **c**\n")

    patches = renderer.feed("- d\n- e")

    assert [patch.swap for patch in patches] == ["last-item", "item"]
    assert patches[0].html == "<li>b <strong>c</strong></li>"


def test_a_list_without_time_for_its_first_item_gets_it_later(monkeypatch: pytest.MonkeyPatch) -> None:
    renderer, column = StreamRenderer(), Column()
    allowed = chain([True, False], repeat(True))
    monkeypatch.setattr(Budget, "allows", lambda _: next(allowed))

    for piece in ("- a", "\n- b", " c\n", "- d\n"):
        column.take(renderer.feed(piece))
        assert column.snapshot == renderer.snapshot("k")
    column.take(renderer.flush())

    assert column.html == render("- a\n- b c\n- d\n")


def test_it_starts_from_an_existing_text() -> None:
    renderer = StreamRenderer("# A\n\nfoo")

    snapshot = renderer.snapshot("k")

    assert snapshot == '<h1>A</h1><div id="k-open" class="open-block"><p id="k-tail">foo</p></div>'


def test_it_joins_a_line_end_that_was_cut_in_two() -> None:
    column = streamed(["a\r", "\nb\r", "\r", "c"])

    assert column.html == "<p>a<br>\nb</p><p>c</p>" == render("a\r\nb\r\rc")


def test_it_returns_no_patches_for_no_text() -> None:
    renderer = StreamRenderer()

    patches = [*renderer.feed(""), *renderer.feed(" \n\n"), *renderer.flush()]

    assert patches == []
    assert renderer.snapshot("k") == '<div id="k-open" class="open-block"></div>'
