"""The choice of a fallback, and the note that names the model that answered."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.fake_providers import Script, StandIn

CHOSEN, FAILING, FALLBACK = "openai/gpt-5.5", "google/gemini-3.8-flash", "mistral/mistral-small-2603"
SAID = "I stand in."


def test_in_a_comparison(newcomer: Visitor, vendors: StandIn) -> None:
    vendors.default = Script(text=SAID)
    vendors.scripts[FAILING.split("/")[1]] = Script(status=500)
    newcomer.go("/")
    newcomer.choose(CHOSEN, FAILING)
    newcomer.page.locator("summary", has_text="System prompt").click()
    newcomer.page.get_by_label("Fallback model").select_option(FALLBACK)

    newcomer.send("Who is there?")
    newcomer.wait_for_end()

    expect(newcomer.column(0).locator(".prose")).to_have_text(SAID)
    expect(newcomer.column(0).locator(".substitute")).to_have_count(0)
    expect(newcomer.column(1).locator(".prose")).to_have_text(SAID)
    expect(newcomer.column(1).locator(".substitute")).to_have_text(
        re.compile(r"could not answer\. .*mistral.* answered instead\.", re.IGNORECASE)
    )
    newcomer.page.reload()
    expect(newcomer.column(1).locator(".substitute")).to_be_visible()


def test_in_a_chat_it_is_kept(newcomer: Visitor, vendors: StandIn) -> None:
    vendors.default = Script(text=SAID)
    vendors.scripts["troubled"] = Script(status=500)
    page = newcomer.page
    newcomer.go("/chat/?model=openai/troubled")
    page.locator(".chat-settings > summary").click()
    page.get_by_label("Fallback model").select_option(FALLBACK)
    page.keyboard.press("Escape")

    page.get_by_label("Your message", exact=True).fill("Who is there?")
    page.keyboard.press("Enter")

    expect(page.locator(".entry-answer .substitute")).to_contain_text("answered instead.")
    expect(page.locator(".entry-answer .prose")).to_have_text(SAID)
    page.reload()
    assert page.get_by_label("Fallback model").input_value() == FALLBACK
