"""Scrolling of a growing page: a reader at its end stays at the end, and elsewhere nothing moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.fake_providers import Script, StandIn
from tests.support import wait

PARAGRAPHS = "\n\n".join(f"Paragraph {number}." for number in range(120))


@pytest.fixture
def script(vendors: StandIn) -> Script:
    """A long answer that pauses after its first half."""
    vendors.default = script = Script(text=PARAGRAPHS, chunk_size=60, hold=0)
    return script


@pytest.fixture
def reader(visitor: Visitor, script: Script) -> Visitor:
    """A visitor at the end of the first half."""
    visitor.page.set_viewport_size({"width": 1280, "height": 700})
    visitor.begin("openai/long", "google/long-too")
    expect(visitor.column(0).get_by_text("Thinking for")).to_be_visible()
    script.hold = 20
    for index in (0, 1):
        expect(visitor.answer(index)).to_contain_text("Paragraph 69.")
    return visitor


def wait_from_the_end(reader: Visitor, condition: Callable[[float], bool]) -> None:
    """Wait until the condition holds for the pixels between the window and the end of the page."""

    def is_there() -> bool:
        return condition(reader.page.evaluate("document.scrollingElement.scrollHeight - innerHeight - scrollY"))

    wait.until(is_there, "the page does not scroll")


def finish(reader: Visitor, script: Script) -> None:
    script.release.set()
    reader.wait_for_end()
    expect(reader.answer(0)).to_contain_text("Paragraph 119.")


def test_it_stays_at_the_end_with_those_who_are_there(reader: Visitor, script: Script) -> None:
    wait_from_the_end(reader, lambda rest: rest < 2)
    before = reader.page.evaluate("scrollY")

    finish(reader, script)

    wait_from_the_end(reader, lambda rest: rest < 2)
    assert reader.page.evaluate("scrollY") > before > 500


def test_it_leaves_those_alone_who_scroll_up_and_leads_them_back(reader: Visitor, script: Script) -> None:
    wait_from_the_end(reader, lambda rest: rest < 2)
    latest = reader.page.get_by_role("button", name="Latest")
    expect(latest).to_be_hidden()

    reader.page.mouse.move(400, 300)
    reader.page.mouse.wheel(0, -40)
    wait_from_the_end(reader, lambda rest: rest > 30)
    reader.page.mouse.wheel(0, -400)
    wait_from_the_end(reader, lambda rest: rest > 400)
    place = reader.page.evaluate("scrollY")
    expect(latest).to_be_visible()
    script.hold = 24
    expect(reader.answer(0)).to_contain_text("Paragraph 80.")
    assert reader.page.evaluate("scrollY") == place

    latest.click()
    wait_from_the_end(reader, lambda rest: rest < 2)
    expect(latest).to_be_hidden()
    finish(reader, script)
    wait_from_the_end(reader, lambda rest: rest < 2)


def test_it_leaves_those_alone_who_mark_a_text(reader: Visitor, script: Script) -> None:
    wait_from_the_end(reader, lambda rest: rest < 2)

    reader.answer(0).get_by_text("Paragraph 60.").evaluate("(words) => getSelection().selectAllChildren(words)")
    expect(reader.page.locator("html")).not_to_have_attribute("data-following", "")
    place = reader.page.evaluate("scrollY")
    finish(reader, script)

    assert reader.page.evaluate("scrollY") == place
    assert reader.page.evaluate("getSelection().toString()").strip() == "Paragraph 60."


def test_it_does_not_move_those_who_come_to_read_from_the_beginning(reader: Visitor, script: Script) -> None:
    late = reader.new_tab()
    late.page.set_viewport_size({"width": 1280, "height": 700})
    late.page.reload()
    expect(late.answer(0)).to_contain_text("Paragraph 69.")
    late.page.evaluate("scrollTo(0, 0)")
    expect(late.page.get_by_role("button", name="Latest")).to_be_visible()

    finish(late, script)

    assert late.page.evaluate("scrollY") == 0
    expect(late.page.get_by_role("button", name="Latest")).to_be_hidden()


def test_it_does_not_move_the_page_once_all_has_ended(reader: Visitor, script: Script) -> None:
    finish(reader, script)
    wait_from_the_end(reader, lambda rest: rest < 2)
    place = reader.page.evaluate("scrollY")

    reader.page.evaluate(
        "document.querySelector('.prose').append(...Array.from({ length: 30 }, () => document.createElement('hr')))"
    )
    wait_from_the_end(reader, lambda rest: rest > 2)

    assert reader.page.evaluate("scrollY") == place
