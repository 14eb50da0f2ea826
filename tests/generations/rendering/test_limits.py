from __future__ import annotations

import pytest

from generations.rendering import StreamRenderer, render
from generations.rendering.limits import FREE_HTML, MAX_GROWTH, takes_too_long
from generations.rendering.sanitizer import MAX_OPEN
from tests.generations.rendering.patched_html import streamed

SIZE = 100_000
MULTIPLYING = [
    "".join(f"<b title={number}>" for number in range(3000)) + "</p>" + "<p>x</p>" * 3000,
    "<div>" * 20_000,
    "<table><tr><td>" * 6000,
    "> " * 40_000,
    ">" * 80_000,
    "* - " * 20_000,
    "[a](http://example.org) " * 4000,
    "http://a.b " * 8000,
    "```\n" * 20_000,
    "&" * 80_000,
    "$x$ " * 20_000,
    "|a|b|\n|-|-|\n" * 8000,
]


@pytest.mark.parametrize("text", MULTIPLYING, ids=lambda text: text[:12])
def test_html_is_at_most_eight_times_as_long_as_its_text(text: str) -> None:
    renderer = StreamRenderer()
    for start in range(0, len(text), 997):
        renderer.feed(text[start : start + 997])
    renderer.flush()

    assert len(render(text)) <= MAX_GROWTH * len(text)
    assert len(renderer.snapshot("k")) <= MAX_GROWTH * len(text)


def test_a_text_that_would_be_too_much_is_shown_as_it_was_written() -> None:
    text = "> " * SIZE + "<b>&"

    html = render(text)

    assert html.startswith('<div class="as-written"><p>')
    assert html.endswith("&gt; &lt;b&gt;&amp;</pre></div>")


@pytest.mark.parametrize(
    "text",
    [
        "A paragraph of plain words, which has nothing that means anything more. " * 3000,
        "Some **bold** words, `code`, and a [link](https://example.org/).\n\n- An item\n- Another one\n\n" * 150,
        "| name | value |\n|---|---|\n" + "| alpha beta | 12.5 |\n" * 400,
        "```python\n" + "x = {'a': [1, 2], 'b': \"c\"}\n" * 200 + "```\n",
    ],
    ids=["prose", "marked", "table", "code"],
)
def test_answers_as_models_write_them_are_rendered(text: str) -> None:
    assert not takes_too_long(text)
    assert "as-written" not in render(text)


def test_a_short_text_may_become_longer() -> None:
    text = "> " * 200

    assert MAX_GROWTH * len(text) < len(render(text)) < FREE_HTML
    assert streamed([text]).html == render(text)


def test_an_element_of_text_ends_with_its_block() -> None:
    html = render("<div><b>one<p>two</p>three</b></div>")

    assert html == "<div><b>one</b><p>two</p>three</div>"


def test_only_so_many_elements_may_be_open() -> None:
    html = render("<div>" * (MAX_OPEN + 2) + "x")

    assert html.count("<div>") == MAX_OPEN
    assert html.count("&lt;div&gt;") == 2


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a <b>b</i> c</b> d", "<p>a <b>b c</b> d</p>"),
        ("a <b><i>b</b> c</i>", "<p>a <b><i>b</i></b> c</p>"),
        ("a </b> b<br>c", "<p>a  b<br>c</p>"),
    ],
)
def test_tags_in_a_paragraph_are_balanced(text: str, html: str) -> None:
    assert render(text) == html
