from __future__ import annotations

import pytest

from generations.rendering import render
from tests.fake_providers import Script, StandIn
from tests.integration.api_client import Program
from tests.integration.page import Page, canonical
from tests.integration.page_client import Browser

ANSWER = """## Überblick 世界

A **bold** claim about `asyncio`, $x^2$ and <script>alert(1)</script> <img src=x onerror=alert(2)>.

1. First

   ```python
   def f(x: int) -> str:
       return "a < b"
   ```
2. Second
   - nested **one**
   - [x] nested two

| a | b |
|---|:-:|
| 1 | `2` |
| 3 | 4 |

```js
let a = "</code>";
```

The end.

"""
PROSE = "A plain paragraph, as most of an answer is, with nothing in it that means anything more.\n\n" * 5
TEXTS = {
    "answer": ANSWER,
    "long": (ANSWER + PROSE) * 60,
    "fence": "```python\nx = '</code>'\n" * 1 + "y = 1\n" * 300 + "```\n\nDone.\n\n",
    "list": "".join(f"- item **{number}**\n" for number in range(100)) + "\nDone.\n\n",
}
MODELS = ("openai/page-a", "anthropic/page-b", "google/page-c", "mistral/page-d")


@pytest.fixture(scope="session")
def visitor(alice: Program) -> Browser:
    return Browser(alice)


def statuses(page: Page) -> list[str | None]:
    return [column.attributes["data-status"] for column in page.columns]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_fragments_add_up_to_the_rendering_of_the_whole_text(
    alice: Program, visitor: Browser, vendors: StandIn, text: str
) -> None:
    vendors.default = Script(text=text, chunk_size=max(7, len(text) // 200), total=0.3, end="stall")
    started = alice.begin(*MODELS)
    page = visitor.open(started["comparison_id"])
    whole = canonical(render(text))

    with visitor.watching(page) as take_until:
        take_until(lambda: [page.answer(index) for index in range(4)] == [whole] * 4)
        streaming = statuses(page)
        alice.post(f"comparisons/{started['comparison_id']}/cancel")
        take_until(lambda: statuses(page) == ["stopped"] * 4)

    assert [page.answer(index) for index in range(4)] == [whole] * 4
    assert "stopped" not in streaming
    assert "<script>alert" not in page.root.by_id("comparison").html


def test_an_open_page_ends_like_a_reloaded_one(alice: Program, visitor: Browser, vendors: StandIn) -> None:
    vendors.default = Script(text=ANSWER, reasoning="Let me <think>.", total=0.3, chunk_size=9)
    vendors.scripts["page-b"] = Script(text=ANSWER, end="cut", at=20)
    vendors.scripts["page-c"] = Script(text="")
    started = alice.begin(*MODELS)
    page = visitor.open(started["comparison_id"])

    with visitor.watching(page) as take_until:
        take_until(lambda: "data-running" not in page.root.by_id("turn-footer-0").inner_html)

    reloaded = visitor.open(started["comparison_id"])
    assert statuses(page) == statuses(reloaded) == ["completed", "failed", "completed", "completed"]
    for live, still in zip(page.columns, reloaded.columns, strict=True):
        assert visible(live.text) == visible(still.text)
    assert [page.answer(index) for index in range(4)] == [reloaded.answer(index) for index in range(4)]
    assert visible(page.root.by_id("turn-footer-0").text) == visible(reloaded.root.by_id("turn-footer-0").text)


def test_a_page_takes_text_back_that_turns_out_to_be_reasoning(
    alice: Program, visitor: Browser, vendors: StandIn
) -> None:
    vendors.default = Script(text="Let me **plan**.\n</think>\n\nThe *answer*.", chunk_size=5, total=0.5)
    started = alice.begin("openrouter/page-unopened", "mistral/page-unopened")
    page = visitor.open(started["comparison_id"])

    with visitor.watching(page) as take_until:
        take_until(lambda: "data-running" not in page.root.by_id("turn-footer-0").inner_html)

    reloaded = visitor.open(started["comparison_id"])
    assert [page.answer(index) for index in range(2)] == [canonical(render("The *answer*."))] * 2
    assert [visible(column.text) for column in page.columns] == [visible(column.text) for column in reloaded.columns]
    assert "Let me **plan**." in page.columns[0].text


def visible(text: str) -> str:
    return " ".join(text.split())


def test_a_page_that_is_opened_in_mid_stream_catches_up(alice: Program, visitor: Browser, vendors: StandIn) -> None:
    vendors.default = Script(text=ANSWER, total=0.6, chunk_size=9)
    with alice.stream(*MODELS) as events:
        comparison_id = events.until("start")[0].data["comparison_id"]
        events.until("chunk", index=3)
        late = visitor.open(comparison_id)

        with visitor.watching(late) as take_until:
            take_until(lambda: statuses(late) == ["completed"] * 4)

    assert [late.answer(index) for index in range(4)] == [canonical(render(ANSWER))] * 4


def test_a_page_that_reconnects_is_brought_up_to_date(alice: Program, visitor: Browser, vendors: StandIn) -> None:
    vendors.default = Script(text="First.", total=0.3)
    started = alice.begin(*MODELS)
    page = visitor.open(started["comparison_id"])
    list(alice.join(started["comparison_id"]))
    vendors.default = Script(text="Second.")
    list(alice.turn(started["comparison_id"], "And then?"))

    with visitor.watching(page) as take_until:
        take_until(lambda: len(page.columns) == 8 and statuses(page) == ["completed"] * 8)

    texts = [page.answer(index) for index in range(8)]
    assert texts == ["<p>First.</p>"] * 4 + ["<p>Second.</p>"] * 4


def test_a_further_turn_and_a_retry_show_on_an_open_page(alice: Program, visitor: Browser, vendors: StandIn) -> None:
    vendors.scripts["page-b"] = Script(text="Half", end="cut", at=1)
    comparison_id = alice.post("compare", alice.body("openai/page-a", "mistral/page-b"))["id"]
    page = visitor.open(comparison_id)
    vendors.scripts["page-b"] = Script(text="Whole.")
    result_id = str(page.columns[1].attributes["id"]).removeprefix("column-")

    with visitor.watching(page) as take_until:
        alice.post(f"results/{result_id}/retry", status=202)
        take_until(lambda: statuses(page) == ["completed"] * 2)
        retried = page.answer(1)
        list(alice.turn(comparison_id, "And <then>?"))
        take_until(lambda: statuses(page) == ["completed"] * 4)

    assert retried == "<p>Whole.</p>"
    assert "And <then>?" in page.root.by_id("turn-1").text
