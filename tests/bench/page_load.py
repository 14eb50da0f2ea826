"""The browser's work while eight columns stream, by its own trace: does the page jump or stall?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Page

from tests.bench.browser_trace import Trace
from tests.bench.figures import Figure
from tests.fake_providers import Script, StandIn
from tests.support import chromium, wait
from tests.support.live import Live

COLUMNS = 8
SECONDS = 10.0
TOKEN = 4
"""Characters of a token."""
PARAGRAPH = (
    "Some *words* of an answer that goes on and on, with `code`, and with what it takes to fill a line or two. "
    "Then there is more of it.\n\n- one thing\n- another thing\n\n```python\nprint('and some code')\n```\n\n"
)
TEXT = (PARAGRAPH * 40)[: int(SECONDS * 100) * TOKEN]
OBSERVE = """() => {
  window.shifts = [];
  const name = ({ node }) => node?.outerHTML?.slice(0, 120) ?? String(node?.nodeName);
  const note = (list) => shifts.push(...list.getEntries().map(({ value, sources }) => [value, ...sources.map(name)]));
  new PerformanceObserver(note).observe({ type: "layout-shift", buffered: false });
}"""
SHORTEST_OVERHANG = """() => {
  const ends = [...document.querySelectorAll(".column .prose")].map((prose) => prose.getBoundingClientRect().bottom);
  return Math.min(...ends) + scrollY - innerHeight;
}"""
OVERHANG = 300
"""Pixels by which every answer has to extend below the window before the measurement begins."""
READ = """() => {
  const column = document.querySelector(".column .prose");
  const finished = column.querySelector("p");
  getSelection().selectAllChildren(finished);
  window.selected = getSelection().toString();
  window.scrollTo(0, 120);
  window.moves = 0;
  document.addEventListener("scroll", ({ target }) => { if (target === document) moves += 1; }, true);
}"""
STATE = """() => ({ shifts, moves, selected: selected !== "" && getSelection().toString() === selected })"""


def measure(live: Live, vendors: StandIn) -> list[Figure]:
    with chromium.launched() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        live.sign_in(page, live.register())
        trace, state = _read_along(vendors, page)
    return list(_figures(trace, state))


def _read_along(vendors: StandIn, page: Page) -> tuple[Trace, dict[str, Any]]:
    """Return the trace of ten seconds in which all columns stream, and ``STATE`` at their end."""
    vendors.reset()
    vendors.default = Script(text=TEXT, chunk_size=TOKEN, total=SECONDS)
    _start(page)
    page.locator(".column .prose > p").first.wait_for()
    wait.until(lambda: page.evaluate(SHORTEST_OVERHANG) > OVERHANG, "the answers do not grow")
    page.evaluate(READ)
    page.wait_for_timeout(300)
    page.evaluate("window.moves = 0")
    page.evaluate(OBSERVE)
    ended = page.locator(".turn-actions:not([data-running])")
    trace = Trace.of(page, lambda: ended.wait_for(state="attached", timeout=60_000))
    return trace, page.evaluate(STATE)


def _start(page: Page) -> None:
    token = page.evaluate("JSON.parse(document.body.getAttribute('hx-headers'))['x-csrftoken']")
    entries = [{"provider": "openai", "model": f"model-{number}"} for number in range(COLUMNS)]
    started = page.evaluate(
        """async ([body, token]) => (await fetch("/api/v1/comparisons", {
          method: "POST", body, headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        })).json()""",
        [json.dumps({"prompt": "Go", "providers": entries}), token],
    )
    page.goto(urljoin(page.url, f"/comparisons/{started['comparison_id']}/"))


def _figures(trace: Trace, state: dict[str, Any]) -> Iterator[Figure]:
    for shift in state["shifts"]:
        print("layout shift:", shift)
    busy = sum(task.get("tdur", 0) for task in trace.tasks) / trace.length
    yield Figure("layout shifts", "", [len(state["shifts"])], 0)
    yield Figure("their score", "", [sum(shift[0] for shift in state["shifts"])], 0)
    yield Figure("script tasks above 50 ms", "", [len(trace.long_script_tasks)], 0)
    yield Figure("the longest task", "ms", [trace.longest_task], 50)
    yield Figure("main thread busy", "%", [100 * busy], 60)
    yield Figure("milliseconds from frame to frame", "ms", [trace.length / 1000 / max(1, trace.frames)], 50)
    yield Figure("lost selections", "", [int(not state["selected"])], 0)
    yield Figure("times the page moved under its reader", "", [state["moves"]], 0)
