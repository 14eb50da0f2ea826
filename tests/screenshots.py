"""The pictures of the papers, taken of a running LLMSelect with its demo models: `make screenshots`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.support import chromium
from tests.support.live import Live
from tests.support.servers import Servers
from tests.wire import StandIn

FOLDER = Path("docs/images")
PROMPT = "Explain what a closure is, with a short example."


def main() -> None:
    path = chromium.executable()
    with tempfile.TemporaryDirectory(prefix="llmselect-screenshots-") as folder, StandIn() as vendors:
        servers = Servers(Path(folder))
        os.environ.update(servers.start("sqlite"))
        live = Live(servers, vendors, name="pictures", SERVER_KEYS="administrators")
        try:
            live.start()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=path, args=list(chromium.ARGUMENTS))
                page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
                _take(live, page)
                browser.close()
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
    page.screenshot(path=FOLDER / "comparison.png")
    page.locator(".vote").first.wait_for()
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=FOLDER / "comparison-dark.png")


if __name__ == "__main__":
    main()
