"""Pages in a browser that blocks storage: they work, but remember nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.states import CHAT, PLAIN_PAGES
from tests.browser.visitor import Visitor
from tests.fake_providers import Script, StandIn

# Chromium behaves like this if site data is blocked; Firefox refuses the channel as well.
BLOCK = """
  const refuse = () => { throw new DOMException("Access is denied for this document.", "SecurityError"); };
  for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get: refuse });
  window.BroadcastChannel = class { constructor() { refuse(); } };
"""


@pytest.fixture
def blocked(newcomer: Visitor) -> Visitor:
    newcomer.context.add_init_script(BLOCK)
    return newcomer


def test_no_page_stumbles_over_it(blocked: Visitor) -> None:
    for path in ("/", *PLAIN_PAGES):
        blocked.go(path)
    blocked.forgive("status of 404")

    assert blocked.problems == []


def test_a_chat_works(blocked: Visitor, vendors: StandIn) -> None:
    vendors.default = Script(text="An answer.")
    page = blocked.page
    blocked.go("/chat/?model=openai/m")

    for number, message in enumerate(("Hello?", "And then?"), start=1):
        page.locator("#message").fill(message)
        page.keyboard.press("Enter")
        page.wait_for_url(CHAT)
        expect(page.locator(".entry-answer .prose")).to_have_text(["An answer."] * number)
        expect(page.locator("#message")).to_have_value("")
    page.locator("[data-edit] > summary").first.click()
    page.keyboard.press("Escape")

    expect(page.locator("[data-edit][open]")).to_have_count(0)


def test_a_comparison_works(blocked: Visitor, vendors: StandIn) -> None:
    vendors.default = Script(text="*An answer.*")
    page = blocked.page
    blocked.go("/")
    blocked.choose("openai/gpt-5.5", "google/gemini-3.8-flash")
    blocked.send("What is it like?")
    page.wait_for_url("**/comparisons/**")
    blocked.wait_for_end()

    page.locator("[data-density=compact]").click()
    blocked.column(0).locator("[data-grip]").press("ArrowRight")
    blocked.column(0).locator(".column-menu > summary").click()
    blocked.column(0).locator("[data-markdown-url]").click()
    page.keyboard.press("?")
    page.locator("[data-single-keys]").uncheck()
    page.keyboard.press("Escape")

    expect(page.locator("[data-comparison]")).to_have_attribute("data-density", "compact")
    assert page.locator(".column").nth(0).evaluate("(column) => getComputedStyle(column).order") == "1"
    expect(blocked.column(0).locator(".source")).to_have_text("*An answer.*")


def test_the_theme_lasts_as_long_as_the_page(blocked: Visitor) -> None:
    blocked.go("/")
    blocked.page.locator("summary[aria-label^='Account menu']").click()

    blocked.page.locator("[data-theme-choice=dark]:visible").click()

    expect(blocked.page.locator("html")).to_have_attribute("data-theme", "dark")
    blocked.page.reload()
    expect(blocked.page.locator("html")).not_to_have_attribute("data-theme", re.compile(".*"))
