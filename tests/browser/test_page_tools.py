"""The view options of a comparison: order, widths, single column, density, source, and what the browser remembers."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.answers import RICH
from tests.browser.visitor import Visitor
from tests.fake_providers import Script, StandIn

MODELS = ("openai/first", "anthropic/second", "google/third")


def shown(visitor: Visitor, *, turn: int = 0) -> list[str]:
    """Return the models of a turn, from left to right."""
    labels = (
        visitor.turn(turn)
        .locator(".column:visible")
        .evaluate_all(
            """(columns) => columns
          .map((column) => [column.getBoundingClientRect().left, column.querySelector(".column-label").textContent])
          .sort((one, other) => one[0] - other[0])
          .map(([, label]) => label)"""
        )
    )
    return list(labels)


def width(column: Locator) -> float:
    return float(column.evaluate("(column) => column.getBoundingClientRect().width"))


def grip(visitor: Visitor, index: int) -> Locator:
    return visitor.column(index).locator("[data-grip]")


def menu(visitor: Visitor, index: int, item: str) -> None:
    visitor.column(index).locator(".column-menu > summary").click()
    visitor.column(index).get_by_role("button", name=item).click()


@pytest.fixture
def ended(visitor: Visitor, vendors: StandIn) -> Visitor:
    vendors.default = Script(text=RICH, chunk_size=60)
    visitor.page.set_viewport_size({"width": 1280, "height": 800})
    visitor.begin(*MODELS)
    visitor.wait_for_end()
    return visitor


def test_it_moves_columns_by_keys_menu_and_pointer(ended: Visitor) -> None:
    grip(ended, 2).focus()
    ended.page.keyboard.press("ArrowLeft")
    assert shown(ended) == ["first", "third", "second"]
    expect(ended.page.locator("#announcements")).to_have_text("third moved to position 2 of 3.")
    menu(ended, 0, "Move right")
    assert shown(ended) == ["third", "first", "second"]

    grip(ended, 1).hover()
    ended.page.mouse.down()
    box = ended.column(2).bounding_box()
    assert box
    ended.page.mouse.move(box["x"] + 20, box["y"] + 30, steps=12)
    ended.page.mouse.up()

    assert shown(ended) == ["second", "third", "first"]
    expect(ended.page.locator(".vote .vote-number")).to_have_text(["1", "2", "3"])
    expect(ended.column(2).locator("h2 .muted")).to_have_text("3")


def test_it_keeps_the_order_over_swaps_turns_and_reloads(ended: Visitor, vendors: StandIn) -> None:
    menu(ended, 2, "Move left")
    vendors.default = script = Script(text="And more.", hold=1)

    ended.follow_up("And then?")
    ended.wait_for_text(0, "And ", turn=1)
    assert shown(ended, turn=1) == ["first", "third", "second"]
    script.release.set()
    ended.wait_for_end(turn=1)

    assert shown(ended, turn=1) == ["first", "third", "second"]
    live = ended.columns
    ended.page.reload()
    assert [shown(ended), shown(ended, turn=1)] == [["first", "third", "second"]] * 2
    assert ended.columns == live
    ended.page.get_by_role("button", name="Reset columns").click()
    assert shown(ended) == ["first", "second", "third"]
    expect(ended.page.get_by_role("button", name="Reset columns")).to_be_hidden()


def test_it_keeps_the_order_to_the_one_comparison(ended: Visitor) -> None:
    menu(ended, 2, "Move left")

    ended.begin(*MODELS)
    ended.wait_for_end()

    assert shown(ended) == ["first", "second", "third"]


def test_it_widens_a_column_by_keys_and_pointer(ended: Visitor) -> None:
    splitter = ended.column(0).get_by_role("separator", name="Width of first")
    before = width(ended.column(0))

    splitter.focus()
    ended.page.keyboard.press("ArrowRight")
    ended.page.keyboard.press("ArrowRight")
    assert width(ended.column(0)) == pytest.approx(before + 64, abs=1)
    expect(splitter).to_have_attribute("aria-valuenow", str(round(before + 64)))
    splitter.hover()
    box = splitter.bounding_box()
    assert box
    middle = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    ended.page.mouse.down()
    ended.page.mouse.move(middle["x"] - 30, middle["y"], steps=4)
    ended.page.mouse.up()

    dragged = width(ended.column(0))
    assert dragged == pytest.approx(before + 34, abs=2)
    live = ended.columns
    ended.page.reload()
    assert width(ended.column(0)) == dragged
    assert ended.columns == live
    splitter.dblclick()
    assert width(ended.column(0)) == pytest.approx(before, abs=1)


def test_it_never_makes_the_page_scroll_sideways(ended: Visitor) -> None:
    ended.column(0).locator("[data-splitter]").focus()
    ended.page.keyboard.press("End")

    assert ended.page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert width(ended.column(0)) > width(ended.column(1)) >= 240


def test_it_shows_one_alone_until_escape(ended: Visitor, vendors: StandIn) -> None:
    menu(ended, 1, "Show only this column")
    assert shown(ended) == ["second"]
    ended.page.reload()
    assert shown(ended) == ["second"]
    vendors.default = Script(text="Later.")
    ended.follow_up("And then?")
    ended.wait_for_end(turn=1)
    assert shown(ended, turn=1) == ["second"]

    ended.column(1).locator(".column-menu > summary").click()
    ended.page.keyboard.press("Escape")
    assert shown(ended) == ["second"]
    ended.page.keyboard.press("Escape")

    assert shown(ended) == ["first", "second", "third"]
    menu(ended, 0, "Show only this column")
    ended.page.get_by_role("button", name="Show all columns").first.click()
    assert shown(ended) == ["first", "second", "third"]


def test_it_remembers_how_wide_columns_are_meant_to_be(ended: Visitor) -> None:
    size = "(column) => getComputedStyle(column).fontSize"
    wide = ended.answer(0).evaluate(size)

    ended.page.get_by_role("button", name="Compact").click()
    ended.begin(*MODELS)
    ended.wait_for_end()

    assert float(ended.answer(0).evaluate(size).removesuffix("px")) < float(wide.removesuffix("px"))
    expect(ended.page.get_by_role("button", name="Compact")).to_have_attribute("aria-pressed", "true")
    ended.page.get_by_role("button", name="Wide").click()
    assert ended.answer(0).evaluate(size) == wide


def test_it_shows_the_markdown_source_of_a_slot(ended: Visitor, vendors: StandIn) -> None:
    source = ended.column(0).locator(".source")
    menu(ended, 0, "Markdown source")
    expect(source).to_have_text(RICH)
    expect(ended.answer(0)).to_be_hidden()
    expect(ended.answer(1)).to_be_visible()

    vendors.default = Script(text="**Later**")
    ended.follow_up("And then?")
    ended.wait_for_end(turn=1)
    expect(ended.column(0, turn=1).locator(".source")).to_have_text("**Later**")
    ended.page.reload()
    expect(source).to_have_text(RICH)

    menu(ended, 0, "Markdown source")
    expect(source).to_be_hidden()
    expect(ended.answer(0)).to_be_visible()
    expect(ended.column(0, turn=1).locator(".source")).to_be_hidden()


def test_it_keeps_the_focus_when_a_column_is_replaced(visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = script = Script(text="One two three", hold=1)
    visitor.begin(*MODELS)
    visitor.wait_for_text(0, "One ")
    grip(visitor, 0).focus()

    script.release.set()
    visitor.wait_for_end()

    expect(grip(visitor, 0)).to_be_focused()


@pytest.mark.parametrize(
    ("item", "suffix", "words"),
    [
        ("Markdown, for reading", "md", "## Turn 1"),
        ("CSV, for a spreadsheet", "csv", "turn,prompt"),
        ("JSON", "json", '"turns"'),
    ],
)
def test_it_offers_the_comparison_as_files(ended: Visitor, item: str, suffix: str, words: str) -> None:
    ended.page.get_by_text("Export").click()
    with ended.page.expect_download() as downloading:
        ended.page.get_by_role("link", name=item).click()

    file = downloading.value
    assert re.fullmatch(rf"what-is-it-like-\d{{4}}-\d\d-\d\d\.{suffix}", file.suggested_filename)
    assert words in Path(file.path()).read_text("utf-8-sig")


def test_it_swipes_from_one_column_to_the_next_on_a_phone(ended: Visitor) -> None:
    ended.page.set_viewport_size({"width": 360, "height": 740})
    tabs = ended.turn(0).locator(".column-tabs > a")
    expect(tabs).to_have_text([re.compile("first"), re.compile("second"), re.compile("third")])
    expect(tabs.nth(0)).to_have_attribute("aria-current", "true")

    ended.turn(0).locator(".columns").evaluate("(columns) => columns.scrollBy({ left: 330, behavior: 'instant' })")
    expect(tabs.nth(1)).to_have_attribute("aria-current", "true")
    tabs.nth(0).click()
    expect(tabs.nth(0)).to_have_attribute("aria-current", "true")
    ended.page.emulate_media(reduced_motion="no-preference")
    tabs.nth(2).click()
    expect(tabs.nth(2)).to_have_attribute("aria-current", "true")

    expect(ended.column(2)).to_be_in_viewport(ratio=0.3)
    expect(ended.column(0)).not_to_be_in_viewport()
    assert ended.page.evaluate("scrollY") == 0


def test_it_prints_every_answer_and_no_controls(ended: Visitor) -> None:
    menu(ended, 1, "Show only this column")
    ended.page.set_viewport_size({"width": 700, "height": 900})

    ended.page.emulate_media(media="print", color_scheme="dark")

    boxes = [box for index in range(3) if (box := ended.column(index).bounding_box())]
    assert [upper["y"] + upper["height"] <= lower["y"] for upper, lower in pairwise(boxes)] == [True, True]
    for controls in ("button", ".site-header", "summary", "textarea"):
        expect(ended.page.locator(f"{controls}:visible")).to_have_count(0)
    assert style(ended.column(0), "backgroundColor") == "rgb(255, 255, 255)"
    assert style(ended.answer(0).locator("pre").first, "whiteSpace") == "pre-wrap"
    assert ended.page.evaluate("document.documentElement.scrollWidth") <= 700
    link = ended.answer(0).get_by_role("link", name="a late one")
    assert "https://example.org/late" in link.evaluate("(link) => getComputedStyle(link, '::after').content")


def style(element: Locator, name: str) -> str:
    return str(element.evaluate("(element, name) => getComputedStyle(element)[name]", name))
