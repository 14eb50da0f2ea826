"""Every task without a mouse, with the focus always visible."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.keyboard import Keyboard
from tests.browser.visitor import Visitor
from tests.fake_providers import Script, StandIn
from tests.support import chromium
from tests.support.live import PASSWORD, Live

CHAT = re.compile(r"/chat/[0-9a-f-]{36}/")


@pytest.fixture
def keys(newcomer: Visitor) -> Iterator[Keyboard]:
    keyboard = Keyboard(newcomer.page)
    yield keyboard
    assert keyboard.lost == []


def test_signing_up(live: Live, shared_browser: Browser, browser_problems: list[str]) -> None:
    context = shared_browser.new_context()
    chromium.note_problems(context, browser_problems)
    page, name = context.new_page(), f"user-{secrets.token_hex(6)}"
    keys = Keyboard(page)
    page.goto(f"{live.base_url}/")

    keys.tab_to("Skip to content")
    keys.tab_to("Sign up")
    keys.press("Enter")
    page.wait_for_url("**/signup/")
    keys.tab_to("Username")
    page.keyboard.type(name)
    for words in (f"{name}@example.org", PASSWORD):
        keys.press("Tab")
        page.keyboard.type(words)
    keys.press("Enter")
    page.wait_for_url(f"{live.base_url}/")

    expect(page.locator("#prompt")).to_be_focused()
    assert keys.lost == browser_problems == []
    context.close()


def test_comparing(newcomer: Visitor, vendors: StandIn, keys: Keyboard) -> None:
    vendors.default = script = Script(text="Half of it and the rest.", hold=2)
    visitor, page = newcomer, newcomer.page
    visitor.go("/")
    for number, words in enumerate(("gpt-5.5", "gemini-3.8-flash"), start=1):
        keys.tab_to(f"Model {number}")
        page.keyboard.type(words)
        keys.press("Enter")
    keys.tab_to("Remove model 3")
    keys.press("Enter")
    keys.look()
    keys.tab_to("System prompt and settings")
    keys.press("Enter")
    keys.tab_to("System prompt")
    page.keyboard.type("Be brief.")
    keys.tab_to("Prompt", backwards=True)
    page.keyboard.type("What is it like?")
    keys.press("Control+Enter")
    page.wait_for_url("**/comparisons/**")
    visitor.wait_for_text(0, "Half of")
    keys.tab_to("Stop ")
    keys.press("Enter")
    expect(visitor.column(0).locator(".badge")).to_have_text("Stopped")
    keys.look()
    assert keys.place.startswith("column-title")
    keys.tab_to("Try again")
    keys.press("Enter")
    expect(visitor.column(0).locator(".badge")).to_have_text("Writing")
    keys.look()
    script.release.set()
    visitor.wait_for_end()
    keys.look()
    keys.tab_to("2 ")
    keys.press("Enter")
    expect(page.locator(".vote[aria-pressed=true]")).to_have_count(1)
    keys.expect("2 ")
    keys.tab_to("Follow-up prompt to all models")
    page.keyboard.type("And then?")
    keys.press("Control+Enter")
    visitor.wait_for_end(turn=1)
    keys.look()
    keys.tab_to("Follow-up prompt to all models")
    expect(visitor.follow_up_box).to_have_value("")


def test_the_tools_of_a_comparison(newcomer: Visitor, keys: Keyboard) -> None:
    newcomer.context.grant_permissions(["clipboard-read", "clipboard-write"])
    newcomer.begin("demo/demo-swift", "demo/demo-swift")
    newcomer.wait_for_end()
    keys.tab_to("Export")
    keys.press("Enter")
    keys.tab_to("Markdown")
    keys.press("Escape")
    keys.expect("Export")
    keys.tab_to("Keyboard shortcuts")
    keys.press("Enter")
    keys.look()
    keys.press("Escape")
    keys.expect("Keyboard shortcuts")
    keys.tab_to("Options for")
    keys.press("Enter")
    keys.tab_to("Show only this column")
    keys.press("Enter")
    keys.expect("Options for")
    keys.press("Enter")
    menus = newcomer.page.locator("details[data-menu][open]")
    expect(menus).to_have_count(1)
    keys.tab_to("Copy the answer")
    expect(menus).to_have_count(0)
    keys.press("Enter")
    expect(newcomer.page.locator("#announcements")).to_have_text("Copied")
    keys.expect("Copy the answer")


def test_the_history(newcomer: Visitor, keys: Keyboard) -> None:
    for prompt in ("About apples", "About pears"):
        newcomer.begin("demo/demo-swift", "demo/demo-swift", prompt=prompt)
        newcomer.wait_for_end()
    page = newcomer.page
    items = page.locator(".history-title")
    newcomer.go("/history/")

    keys.tab_to("Search your prompts")
    page.keyboard.type("apples")
    expect(items).to_have_text(["About apples"])
    keys.look()
    keys.tab_to("Rename")
    keys.press("Enter")
    expect(page.get_by_label("Title", exact=True)).to_be_focused()
    keys.write("Fruit")
    keys.press("Enter")
    expect(items).to_have_text(["Fruit"])
    keys.look()
    keys.tab_to("Delete")
    keys.press("Enter")
    expect(page.get_by_role("button", name="Delete")).to_be_focused()
    keys.press("Enter")
    expect(page.locator(".history-item")).to_have_count(0)
    keys.look()
    keys.tab_to("Show all")
    keys.press("Enter")
    page.wait_for_url("**/history/")
    keys.tab_to("About pears")
    keys.press("Enter")

    page.wait_for_url("**/comparisons/**")


def test_chatting(newcomer: Visitor, vendors: StandIn, keys: Keyboard) -> None:
    vendors.default = script = Script(text="Half of it and the rest.", hold=2)
    page = newcomer.page
    answers, badges = page.locator(".entry-answer .prose"), page.locator(".entry-answer .badge")
    newcomer.go("/chat/?model=openai/m")
    expect(page.locator("#message")).to_be_focused()
    page.keyboard.type("Hello?")
    keys.press("Enter")
    page.wait_for_url(CHAT)
    expect(badges).to_have_text(["Writing"])
    keys.tab_to("Stop")
    keys.press("Enter")
    expect(badges).to_have_text(["Stopped"])
    keys.look()
    script.release.set()
    keys.tab_to("Edit your message", backwards=True)
    keys.press("Enter")
    expect(page.get_by_label("Your message, edited")).to_be_focused()
    keys.press("Escape")
    keys.expect("Edit your message")
    keys.press("Enter")
    expect(page.get_by_label("Your message, edited")).to_be_focused()
    keys.write("Hello again?")
    keys.press("Enter")
    expect(page.locator(".entry-text")).to_have_text(["Hello again?"])
    expect(badges).to_have_text(["Done"])
    keys.look()
    keys.tab_to("Earlier version", backwards=True)
    keys.press("Enter")
    expect(page.locator(".entry-text")).to_have_text(["Hello?"])
    keys.expect("Your message")
    page.keyboard.type("And then?")
    keys.press("Enter")
    expect(answers).to_have_count(2)
    expect(badges.last).to_have_text("Done")
    keys.look()
    keys.tab_to("Delete this message and its answers", backwards=True)
    keys.press("Enter")
    keys.tab_to("Delete")
    keys.press("Enter")
    expect(answers).to_have_count(1)
    keys.look()
    keys.tab_to("Rename or delete", backwards=True)
    keys.press("Enter")
    keys.tab_to("Delete")
    keys.press("Enter")
    expect(page.locator(".chat-gone")).to_be_visible()
    keys.look()
    keys.tab_to("Undo")
    keys.press("Enter")
    expect(page.locator(".chat-discarded")).to_have_count(0)
    newcomer.forgive("Transition was|sseError|object Event")


def test_a_key(newcomer: Visitor, keys: Keyboard) -> None:
    page = newcomer.page
    card = page.locator("#key-deepseek")
    newcomer.go("/keys/")
    keys.tab_to("DeepSeek")
    keys.press("Enter")
    keys.tab_to("Key")
    page.keyboard.type("sk-refused-1234")
    keys.tab_to("Save")
    keys.press("Enter")
    expect(card.get_by_role("status")).to_contain_text("Saved.")
    keys.expect("Save")
    keys.tab_to("Test the stored key")
    keys.press("Enter")
    expect(card.get_by_role("status")).to_contain_text("refused")
    keys.look()
    keys.tab_to("Delete")
    keys.press("Enter")
    expect(card.get_by_role("status")).to_have_text("Deleted.")
    keys.look()
    assert keys.place == "key-deepseek"
