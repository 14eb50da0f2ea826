"""A chat of 2,000 messages: how soon it opens, and the browser's work when all of it is on the page."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page, expect

from tests.bench.browser_trace import Trace
from tests.bench.figures import Figure
from tests.fake_providers import Script, StandIn
from tests.support import chromium, wait
from tests.support.live import ApiClient, Live

MESSAGES = 2000
OPENINGS = 5
SECONDS = 3.0
ANSWER = "A few **words** of an answer, with `code`:\n\n```python\nprint('and some code')\n```\n\n- one\n- two\n"
STEPS = 60
LOAD_TIMEOUT = 120.0
IS_RUNNING = "document.getElementById('live').hasAttribute('data-running')"


def measure(live: Live, vendors: StandIn) -> list[Figure]:
    vendors.reset()
    vendors.default = Script(text=ANSWER)
    account = live.register()
    path = f"/chat/{_long_chat(account.api)}/"
    with chromium.launched() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        live.sign_in(page, account)
        opened = [_open(page, live.base_url + path) for _ in range(OPENINGS)]
        _load_all(page)
        scrolled = Trace.of(page, lambda: _scroll(page))
        vendors.default = Script(text=ANSWER * 10, total=SECONDS, chunk_size=4)
        asked = Trace.of(page, lambda: _ask(page))
    return list(_figures(opened, scrolled, asked))


def _long_chat(api: ApiClient) -> str:
    """Return the id of a chat that repeats one exchange a thousand times."""
    body = {"message": "And then?", "provider": "openai", "model": "m"}
    api.post("/api/v1/chat", json=body).raise_for_status()
    archive = api.get("/api/v1/archive").json()
    [chat] = archive["conversations"]
    pair = chat["messages"]
    chat["id"], chat["messages"], parent = str(uuid.uuid4()), [], None
    for number in range(MESSAGES):
        message: dict[str, Any] = {**pair[number % 2], "id": str(uuid.uuid4()), "parent_id": parent}
        if "answer" in message:
            message["answer"] = {**message["answer"], "id": str(uuid.uuid4())}
        chat["messages"].append(message)
        parent = message["id"]
    chat["leaf_id"] = parent
    headers = {"Content-Type": "application/json"}
    api.post("/api/v1/archive", data=json.dumps(archive), headers=headers).raise_for_status()
    return str(chat["id"])


def _open(page: Page, url: str) -> float:
    """Return the milliseconds until the last message is on the screen."""
    page.goto("about:blank")
    began = time.monotonic()
    page.goto(url)
    expect(page.locator(".entry").last).to_be_in_viewport()
    return (time.monotonic() - began) * 1000


def _load_all(page: Page) -> None:
    deadline = time.monotonic() + LOAD_TIMEOUT
    while page.locator(".older").count() and time.monotonic() < deadline:
        page.evaluate("window.scrollTo(0, 0)")
        page.wait_for_timeout(50)
    expect(page.locator(".entry")).to_have_count(MESSAGES)


def _scroll(page: Page) -> None:
    page.mouse.move(700, 400)
    for _ in range(STEPS):
        page.mouse.wheel(0, 700)
        page.wait_for_timeout(50)


def _ask(page: Page) -> None:
    """Send a prompt without Playwright's selectors, which take seconds on a page of this length."""
    page.evaluate("document.querySelector('#composer textarea').focus()")
    page.keyboard.type("What is at the end of all this?", delay=20)
    page.keyboard.press("Enter")
    wait.until(lambda: page.evaluate(IS_RUNNING), "the prompt is not sent")
    wait.until(lambda: not page.evaluate(IS_RUNNING), "the answer does not end")


def _figures(opened: list[float], scrolled: Trace, asked: Trace) -> Iterator[Figure]:
    yield Figure(f"a chat of {MESSAGES:,} messages opens", "ms", opened, 1000)
    yield Figure("scrolling in it: script tasks above 50 ms", "", [len(scrolled.long_script_tasks)], 0)
    yield Figure("scrolling in it: the longest task", "ms", [scrolled.longest_task], 100)
    yield Figure("one more prompt: the longest task", "ms", [asked.longest_task], 250)
