"""The history: search, pages, renaming, deletion."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.visitor import Visitor


@pytest.fixture
def keeper(newcomer: Visitor) -> Visitor:
    """A user on the history page, with three comparisons."""
    for prompt in ("About rivers", "About stones", "About clouds"):
        newcomer.begin("openai/kept-a", "google/kept-b", prompt=prompt)
        newcomer.wait_for_end()
    newcomer.go("/history/")
    return newcomer


def item(visitor: Visitor, title: str) -> Locator:
    return visitor.page.get_by_role("listitem").filter(has_text=title)


def titles(visitor: Visitor) -> Locator:
    return visitor.page.locator(".history-title")


def test_it_renames_in_place(keeper: Visitor) -> None:
    item(keeper, "About stones").get_by_role("link", name="Rename").click()
    box = keeper.page.get_by_label("Title", exact=True)
    expect(box).to_be_focused()
    expect(box).to_have_value("About stones")
    box.fill("Geology")
    keeper.page.keyboard.press("Enter")

    expect(titles(keeper)).to_have_text(["About clouds", "Geology", "About rivers"])
    expect(item(keeper, "Geology")).to_contain_text("About stones")
    keeper.page.reload()
    expect(titles(keeper)).to_have_text(["About clouds", "Geology", "About rivers"])
    keeper.page.get_by_role("link", name="Geology").click()
    expect(keeper.page.get_by_role("heading", level=1)).to_have_text("Geology")


def test_it_says_in_place_what_is_wrong_with_a_title(keeper: Visitor) -> None:
    item(keeper, "About stones").get_by_role("link", name="Rename").click()
    keeper.page.get_by_label("Title", exact=True).fill("   ")
    keeper.page.keyboard.press("Enter")

    expect(keeper.page.get_by_text("Write a title first.")).to_be_visible()
    keeper.page.get_by_role("link", name="Cancel").click()
    expect(titles(keeper)).to_have_text(["About clouds", "About stones", "About rivers"])
    keeper.forgive("status of 400")


def test_it_deletes_after_asking(keeper: Visitor) -> None:
    item(keeper, "About stones").get_by_role("link", name="Delete").click()
    expect(keeper.page.get_by_text("Delete “About stones” and all its answers?")).to_be_visible()
    keeper.page.get_by_role("link", name="Cancel").click()
    expect(titles(keeper)).to_have_count(3)

    for title in ("About stones", "About clouds", "About rivers"):
        item(keeper, title).get_by_role("link", name="Delete").click()
        keeper.page.get_by_role("button", name="Delete").click()
        expect(keeper.page.get_by_text(title)).to_have_count(0)

    expect(keeper.page.get_by_text("No comparisons yet")).to_be_visible()


def test_it_finds_and_goes_on(keeper: Visitor) -> None:
    keeper.page.keyboard.press("/")
    expect(keeper.page.get_by_role("searchbox")).to_be_focused()
    keeper.page.keyboard.type("nothing like it")
    expect(keeper.page.get_by_text("Nothing found for “nothing like it”")).to_be_visible()
    keeper.page.get_by_role("searchbox").fill("RIVERS")
    expect(titles(keeper)).to_have_text(["About rivers"])

    titles(keeper).click()
    keeper.follow_up("And the sea?")
    keeper.wait_for_end(turn=1)

    assert keeper.statuses == ["completed"] * 4
