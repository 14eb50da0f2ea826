"""What the browser has to do while eight columns stream, by its own account: does the page jump or stall?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.bench.figures import Figure
from tests.support import chromium, polling
from tests.support.live import Live
from tests.wire import Script, StandIn

COLUMNS = 8
SECONDS = 10.0
TOKEN = 4
"""Characters."""
PARAGRAPH = (
    "Some *words* of an answer that goes on and on, with `code`, and with what it takes to fill a line or two. "
    "Then there is more of it.\n\n- one thing\n- another thing\n\n```python\nprint('and some code')\n```\n\n"
)
TEXT = (PARAGRAPH * 40)[: int(SECONDS * 100) * TOKEN]
CATEGORIES = "devtools.timeline,disabled-by-default-devtools.timeline,disabled-by-default-devtools.timeline.frame"
LONG = 50_000
"""Microseconds."""

OBSERVE = """() => {
  window.shifts = [];
  const name = ({ node }) => node?.outerHTML?.slice(0, 120) ?? String(node?.nodeName);
  const note = (list) => shifts.push(...list.getEntries().map(({ value, sources }) => [value, ...sources.map(name)]));
  new PerformanceObserver(note).observe({ type: "layout-shift", buffered: false });
}"""
SHORTEST = """() => {
  const ends = [...document.querySelectorAll(".column .prose")].map((prose) => prose.getBoundingClientRect().bottom);
  return Math.min(...ends) + scrollY - innerHeight;
}"""
BELOW = 300
"""Pixels below the window's end to which every answer has to have come before the reader settles down."""
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
    path = chromium.executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.ARGUMENTS))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        live.sign_in(page, live.register())
        trace, state = _read_along(vendors, page)
        browser.close()
    return list(_figures(trace, state))


def _read_along(vendors: StandIn, page: Page) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The trace of ten seconds in which all columns stream, and what became of the reader's place and marks."""
    vendors.reset()
    vendors.default = Script(text=TEXT, chunk_size=TOKEN, total=SECONDS)
    _start(page)
    page.locator(".column .prose > p").first.wait_for()
    polling.until(lambda: page.evaluate(SHORTEST) > BELOW, "nothing grows")
    page.evaluate(READ)
    page.wait_for_timeout(300)
    page.evaluate("window.moves = 0")
    page.evaluate(OBSERVE)
    trace = list(_traced(page, until=".turn-footer:not([data-running])"))
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


def _traced(page: Page, *, until: str) -> Iterator[dict[str, Any]]:
    client: CDPSession = page.context.new_cdp_session(page)
    events: list[dict[str, Any]] = []
    done: list[bool] = []
    client.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
    client.on("Tracing.tracingComplete", lambda _: done.append(True))
    client.send("Tracing.start", {"categories": CATEGORIES, "transferMode": "ReportEvents"})
    page.locator(until).wait_for(state="attached", timeout=60_000)
    client.send("Tracing.end")
    while not done:
        page.wait_for_timeout(50)
    yield from events


def _figures(trace: list[dict[str, Any]], state: dict[str, Any]) -> Iterator[Figure]:
    thread = _main_thread(trace)
    mine = [event for event in trace if (event["pid"], event["tid"]) == thread and event.get("ph") == "X"]
    tasks = [event for event in mine if event["name"] == "RunTask"]
    scripts = [event for event in mine if event["name"] in ("FunctionCall", "EvaluateScript")]
    length = max(event["ts"] for event in tasks) - min(event["ts"] for event in tasks)
    ours = [task for task in tasks if sum(each.get("tdur", 0) for each in scripts if _within(each, task)) > LONG]
    frames = sum(event["name"] == "DrawFrame" for event in trace)
    for task in ours:
        print(
            "long task:", task.get("tdur", 0) / 1000, sorted(_share(task, mine).items(), key=lambda item: -item[1])[:6]
        )
    for shift in state["shifts"]:
        print("layout shift:", shift)
    yield Figure("layout shifts", "", [len(state["shifts"])], 0)
    yield Figure("their score", "", [sum(shift[0] for shift in state["shifts"])], 0)
    yield Figure("tasks of ours above 50 ms", "", [len(ours)], 0)
    yield Figure("the longest task", "ms", [max(task.get("tdur", 0) for task in tasks) / 1000], 50)
    yield Figure("main thread busy", "%", [100 * sum(task.get("tdur", 0) for task in tasks) / length], 60)
    yield Figure("milliseconds from frame to frame", "ms", [length / 1000 / max(1, frames)], 50)
    yield Figure("marked texts that were lost", "", [int(not state["selected"])], 0)
    yield Figure("times the reader was moved", "", [state["moves"]], 0)


def _main_thread(trace: list[dict[str, Any]]) -> tuple[int, int]:
    """The one that laid out the most: the page's."""
    layouts = [(event["pid"], event["tid"]) for event in trace if event["name"] in ("Layout", "UpdateLayoutTree")]
    return max(set(layouts), key=layouts.count)


def _within(inner: dict[str, Any], outer: dict[str, Any]) -> bool:
    return bool(outer["ts"] <= inner["ts"] and inner["ts"] + inner["dur"] <= outer["ts"] + outer["dur"])


def _share(task: dict[str, Any], events: list[dict[str, Any]]) -> dict[str, float]:
    """Milliseconds in a task, by what they were spent on."""
    spent: dict[str, float] = {}
    for event in events:
        if event is not task and _within(event, task):
            spent[event["name"]] = spent.get(event["name"], 0) + event.get("tdur", 0) / 1000
    return spent
