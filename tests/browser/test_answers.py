"""The look of an answer while it streams and afterwards."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.answers import RICH
from tests.browser.visitor import Visitor
from tests.fake_providers import Script, StandIn


def test_it_says_it_thinks_and_folds_the_reasoning(visitor: Visitor, vendors: StandIn) -> None:
    script = Script(text="The answer.", reasoning="First this, then that.", chunk_size=100, hold=0)
    vendors.scripts["thinks"] = script
    visitor.begin("openai/thinks", "google/quick")
    column = visitor.column(0)
    expect(column.get_by_text("Thinking for")).to_be_visible()
    expect(column.get_by_text("Reasoning")).to_be_hidden()

    script.hold = 1
    expect(column.get_by_text("Reasoning")).to_be_visible()
    expect(column.get_by_text("Thinking for")).to_be_visible()
    expect(column.locator(".reasoning-text")).to_be_hidden()
    column.get_by_text("Reasoning").click()
    expect(column.locator(".reasoning-text")).to_have_text("First this, then that.")
    script.release.set()
    visitor.wait_for_end()

    visitor.wait_for_text(0, "The answer.")
    expect(column.get_by_text("Thinking for")).to_be_hidden()
    expect(column.locator(".reasoning-text")).to_be_visible()
    expect(visitor.column(1).get_by_text("Reasoning")).to_be_hidden()


def test_it_renders_markdown(visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = Script(text=RICH, chunk_size=5)
    visitor.begin("openai/writes", "google/writes-too")
    visitor.wait_for_end()
    answer = visitor.answer(0)

    expect(answer.get_by_role("heading", level=1)).to_have_text("Über Brüche")
    expect(answer.get_by_role("row")).to_have_count(4)
    expect(answer.get_by_role("cell", name="2.25")).to_have_class("align-right")
    expect(answer.get_by_role("listitem")).to_have_count(6)
    expect(answer.locator(".code-block")).to_contain_text("python")
    assert answer.locator(".code-block code span[class]").count() > 5
    expect(answer.locator("math")).to_have_count(1)
    expect(answer.get_by_text("Money first: $5/$10.")).to_be_visible()
    expect(answer.get_by_role("link", name="a late one")).to_have_attribute("href", "https://example.org/late")
    expect(answer.locator("blockquote")).to_have_text(re.compile("quoted\\s+twice"))


def test_it_shows_an_unfinished_line_in_a_longer_pause(visitor: Visitor, vendors: StandIn) -> None:
    beginning = "| Fruit | Price |\n|--|--|\n| apple | 1.50 |\n| pear | 2"
    vendors.default = script = Script(text=f"{beginning}.25 |\n", chunk_size=len(beginning), hold=1)
    visitor.begin("openai/pauses", "google/pauses-too")

    expect(visitor.answer(0).get_by_role("row", name="pear 2", exact=True)).to_be_visible()
    script.release.set()
    visitor.wait_for_end()

    expect(visitor.answer(0).get_by_role("row", name="pear 2.25", exact=True)).to_be_visible()
    expect(visitor.answer(0).get_by_role("row")).to_have_count(3)


def test_it_copies_the_source_of_an_answer_and_a_code_block(visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = Script(text=RICH, chunk_size=50)
    visitor.begin("openai/copied", "google/other")
    visitor.wait_for_end()

    visitor.page.get_by_role("button", name="Copy the answer from copied").click()
    expect(visitor.column(0).locator("[data-copy-label]")).to_have_text("Copied")
    answer = visitor.page.evaluate("navigator.clipboard.readText()")
    visitor.answer(1).locator("[data-copy]").click()
    expect(visitor.answer(1).locator("[data-copy]")).to_have_text("Copied")
    code = visitor.page.evaluate("navigator.clipboard.readText()")

    assert answer == RICH
    assert code.rstrip("\n") == "def half(number: int) -> float:\n    return number / 2\n\n\nprint(half(3))"


def test_it_says_that_a_setting_was_adjusted(visitor: Visitor, vendors: StandIn) -> None:
    vendors.scripts["claude-opus-5-5"] = Script(text="Well.", end="stall", at=1)
    visitor.begin("anthropic/claude-opus-5-5", "mistral/plain", parameters={"reasoning_effort": "none"})
    mark = visitor.column(0).locator(".adjustments")

    mark.locator("summary").click()

    expect(mark).to_contain_text("A setting was adjusted")
    expect(mark).to_contain_text("Reasoning effort: low instead of none. This model always thinks")
    expect(visitor.column(1).locator(".adjustments")).to_have_count(0)


def test_it_says_that_all_tokens_went_into_thinking(visitor: Visitor, vendors: StandIn) -> None:
    vendors.scripts["thinks-only"] = Script(text="", reasoning="Let me see.", finish="length", reasoning_tokens=1399)
    visitor.begin("openrouter/thinks-only", "mistral/plain")

    visitor.wait_for_end()

    expect(visitor.column(0).get_by_text("All 1,400 tokens went into thinking")).to_be_visible()


def test_it_says_that_an_answer_is_empty_or_cut_at_its_limit(visitor: Visitor, vendors: StandIn) -> None:
    vendors.scripts["says-nothing"] = Script(text="")
    vendors.scripts["talks-too-long"] = Script(text="On and on", finish="length")
    visitor.begin("mistral/says-nothing", "openai/talks-too-long")

    visitor.wait_for_end()

    expect(visitor.column(0).get_by_text("The model returned an empty answer.")).to_be_visible()
    expect(visitor.column(1).locator(".badge")).to_have_text("Length limit reached")


# The gap between the first character of an element's text and its right edge, in pixels.
GAP = """(element) => {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode() && !walker.currentNode.data.trim()) {}
  const range = new Range();
  const start = walker.currentNode.data.search(/\\S/);
  range.setStart(walker.currentNode, start);
  range.setEnd(walker.currentNode, start + 1);
  const box = element.getBoundingClientRect();
  return box.right - parseFloat(getComputedStyle(element).paddingRight) - range.getBoundingClientRect().right;
}"""


def test_text_that_is_read_from_right_to_left_begins_on_the_right(visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = Script(text="שלום לך.\n\n- אחת")
    visitor.begin("openai/right-a", "google/right-b", prompt="מה שלומך?")
    visitor.wait_for_end()

    for element in (
        visitor.page.get_by_role("heading", name="מה שלומך?"),
        visitor.turn(0).locator(".turn-prompt"),
        visitor.answer(0).locator("p"),
        visitor.answer(0).locator("li"),
    ):
        assert element.evaluate(GAP) < 2
    assert visitor.follow_up_box.evaluate("(box) => getComputedStyle(box).unicodeBidi") == "plaintext"
