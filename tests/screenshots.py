"""The screenshots of the README, taken of a running LLMSelect with its demo models: `make screenshots`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.fake_providers import StandIn
from tests.support import chromium
from tests.support.live import Live
from tests.support.servers import Servers

FOLDER = Path("docs/images")
PROMPTS = (
    "Compare SQLite and PostgreSQL for a small web shop, in a table.",
    "Write a friendly email that declines an invitation.",
    "A bat and a ball cost 1.10 together; the bat costs 1.00 more than the ball. What does the ball cost?",
)
PROMPT = "Explain what a closure is, with a short example."


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="llmselect-screenshots-") as folder, StandIn() as vendors:
        servers = Servers(Path(folder))
        os.environ.update(servers.start("sqlite"))
        live = Live(servers, vendors, name="pictures", SERVER_KEYS="administrators")
        try:
            live.start()
            with chromium.launched() as browser:
                page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
                _take(live, page)
        finally:
            live.stop()
            servers.stop()


def _take(live: Live, page: Page) -> None:
    FOLDER.mkdir(exist_ok=True)
    live.sign_in(page, live.register("ada"))
    page.goto(live.base_url)
    page.fill("#prompt", PROMPT)
    page.screenshot(path=FOLDER / "compare.png")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/comparisons/**")
    page.locator(".column[data-index='2'] .prose").get_by_text("Plan").wait_for()
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=FOLDER / "comparison.png")
    page.locator(".vote").first.wait_for()
    page.evaluate("scrollTo(0, 0)")
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=FOLDER / "comparison-dark.png")
    page.emulate_media(color_scheme="light")
    _take_chat(live, page)
    _take_history(live, page)


def _take_chat(live: Live, page: Page) -> None:
    page.goto(f"{live.base_url}/chat/?model=demo/demo-swift")
    for message in ("How do I compare two models fairly?", "And which numbers matter?"):
        page.get_by_label("Your message", exact=True).fill(message)
        page.keyboard.press("Enter")
        page.locator(".entry-text", has_text=message).wait_for()
        page.get_by_role("button", name="Send", exact=True).wait_for()
    page.mouse.move(0, 0)
    page.screenshot(path=FOLDER / "chat.png")


def _take_history(live: Live, page: Page) -> None:
    for prompt in PROMPTS:
        page.goto(live.base_url)
        page.fill("#prompt", prompt)
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/comparisons/**")
        page.locator(".vote").nth(1).click()
        page.locator(".vote[aria-pressed=true]").wait_for()
    page.goto(f"{live.base_url}/history/")
    page.screenshot(path=FOLDER / "history.png")


if __name__ == "__main__":
    main()
