"""Keyboard shortcuts."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.visitor import HeldRequests, Visitor
from tests.fake_providers import Script, StandIn


def test_it_votes_stops_and_writes_by_keys(visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = Script(text="One two three", hold=1)
    visitor.begin("openai/by-keys-a", "google/by-keys-b")
    visitor.wait_for_text(0, "One ")
    visitor.wait_for_text(1, "One ")
    visitor.page.keyboard.press("s")
    visitor.wait_for_end()
    assert visitor.statuses == ["stopped", "stopped"]

    vendors.default = Script(text="One two three")
    visitor.page.keyboard.press("/")
    expect(visitor.follow_up_box).to_be_focused()
    visitor.page.keyboard.type("12st?/ are letters here")
    expect(visitor.follow_up_box).to_have_value("12st?/ are letters here")
    visitor.page.keyboard.press("Control+Enter")
    visitor.wait_for_end(turn=1)
    visitor.page.evaluate("document.activeElement.blur()")
    visitor.page.keyboard.press("2")
    expect(visitor.turn(1).locator(".vote[aria-pressed=true]")).to_contain_text("2")
    visitor.page.keyboard.press("t")

    expect(visitor.turn(1).locator(".vote[aria-pressed=true]")).to_have_text("Tie")


def test_the_later_of_two_quick_votes_counts(visitor: Visitor) -> None:
    visitor.begin("openai/quick-a", "google/quick-b")
    visitor.wait_for_end()
    requests = HeldRequests(visitor.page, "**/vote/")
    visitor.page.keyboard.press("2")
    first = requests.next()

    visitor.page.keyboard.press("t")
    requests.next().continue_()

    vote = visitor.page.locator(".vote[aria-pressed=true]")
    expect(vote).to_have_text("Tie")
    first.abort()
    visitor.page.reload()
    expect(vote).to_have_text("Tie")
    visitor.forgive("htmx:afterRequest|htmx:sendAbort")


def test_it_lists_its_shortcuts_and_does_without_them(visitor: Visitor) -> None:
    visitor.begin("openai/listed-a", "google/listed-b")
    visitor.wait_for_end()
    dialog = visitor.page.get_by_role("dialog", name="Keyboard shortcuts")
    visitor.page.keyboard.press("?")
    expect(dialog).to_be_visible()
    visitor.page.keyboard.press("1")
    visitor.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(visitor.page.locator(".vote[aria-pressed=true]")).to_have_count(0)

    visitor.page.get_by_role("button", name="Keyboard shortcuts").click()
    dialog.get_by_label("Use single-key shortcuts").uncheck()
    dialog.get_by_role("button", name="Close").click()
    visitor.page.keyboard.press("1")
    visitor.page.keyboard.press("?")
    visitor.page.reload()
    visitor.page.keyboard.press("?")

    expect(dialog).to_be_hidden()
    expect(visitor.page.locator(".vote[aria-pressed=true]")).to_have_count(0)


def test_it_reaches_all_of_a_column_by_tab(visitor: Visitor) -> None:
    visitor.begin("openai/tabbed", "google/tabbed-too")
    visitor.wait_for_end()
    visitor.column(0).locator("[data-grip]").focus()

    stops = []
    for _ in range(5):
        visitor.page.keyboard.press("Tab")
        stops.append(
            visitor.page.evaluate(
                "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()"
            )
        )

    assert stops == [
        "Options for tabbed",
        "Copy the answer from tabbed",
        "Continue with tabbed in a chat",
        "Width of tabbed",
        "Move tabbed-too: drag, or use the arrow keys",
    ]
