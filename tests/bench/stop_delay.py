"""The time from the click on Stop to the closed connection at the vendor."""

from __future__ import annotations

import time

from playwright.sync_api import Page

from tests.bench.figures import Figure
from tests.fake_providers import Script, StandIn
from tests.support import chromium
from tests.support.live import Account, Live

ROUNDS = 15
MODELS = ("openai/one", "anthropic/two", "google/three", "mistral/four")

NOTE_CLICK = """(id) => document.querySelector(`#column-${id} form button`).addEventListener("click", () => {
    window.clicked = Date.now();
})"""


def measure(live: Live, vendors: StandIn) -> list[Figure]:
    account = live.register()
    with chromium.launched() as browser:
        page = browser.new_page()
        live.sign_in(page, account)
        midway = [_round(live, vendors, account, page, first_delay=0.0) for _ in range(ROUNDS)]
        silent = [_round(live, vendors, account, page, first_delay=30.0) for _ in range(ROUNDS)]
    return [
        Figure("from the click on Stop to the closed connection", "ms", midway, 200),
        Figure("the same before the first token", "ms", silent, 200),
    ]


def _round(live: Live, vendors: StandIn, account: Account, page: Page, *, first_delay: float) -> float:
    vendors.reset()
    vendors.default = Script(text="word " * 2000, delay=0.02, first_delay=first_delay)
    entries = [{"provider": name.split("/")[0], "model": name.split("/")[1]} for name in MODELS]
    started = account.api.post("/api/v1/comparisons", json={"prompt": "Go", "providers": entries}).json()
    result = started["results"][1]["result_id"]
    request = vendors.wait_for_request(model="two")
    page.goto(f"{live.base_url}/comparisons/{started['comparison_id']}/")
    button = page.locator(f"#column-{result} form button", has_text="Stop")
    button.wait_for()
    page.evaluate(NOTE_CLICK, result)
    difference = time.time() - time.monotonic()
    button.click(no_wait_after=True)
    closed = request.wait_until_disconnected() + difference
    clicked = page.evaluate("window.clicked")
    account.api.post(f"/api/v1/comparisons/{started['comparison_id']}/cancel")
    return closed * 1000 - float(clicked)
