"""The browser's own trace of its main thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession, Page

CATEGORIES = "devtools.timeline,disabled-by-default-devtools.timeline,disabled-by-default-devtools.timeline.frame"
LONG = 50_000
"""Microseconds of scripts from which a task counts as long: the 50 ms of the browsers' Long Tasks API."""

Event = dict[str, Any]


@dataclass(frozen=True)
class Trace:
    """The events of the browser while an action ran; times in microseconds."""

    events: list[Event]

    @classmethod
    def of(cls, page: Page, action: Callable[[], object]) -> Trace:
        """Trace the page while the action runs."""
        client: CDPSession = page.context.new_cdp_session(page)
        events: list[Event] = []
        done: list[bool] = []
        client.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
        client.on("Tracing.tracingComplete", lambda _: done.append(True))
        client.send("Tracing.start", {"categories": CATEGORIES, "transferMode": "ReportEvents"})
        action()
        client.send("Tracing.end")
        while not done:
            page.wait_for_timeout(50)
        return cls(events)

    @property
    def tasks(self) -> list[Event]:
        return [event for event in self._page_events() if event["name"] == "RunTask"]

    @property
    def long_script_tasks(self) -> list[Event]:
        """The tasks in which scripts alone took longer than ``LONG``; each is printed with its parts."""
        events = self._page_events()
        scripts = [event for event in events if event["name"] in ("FunctionCall", "EvaluateScript")]
        long_tasks = [
            task for task in self.tasks if sum(each.get("tdur", 0) for each in scripts if _within(each, task)) > LONG
        ]
        for task in long_tasks:
            shares = sorted(_share(task, events).items(), key=lambda item: -item[1])
            print("long task:", task.get("tdur", 0) / 1000, shares[:6])
        return long_tasks

    @property
    def longest_task(self) -> float:
        """The milliseconds of the longest task, whatever its cause."""
        return max(float(task.get("tdur", 0)) for task in self.tasks) / 1000

    @property
    def length(self) -> float:
        return float(max(event["ts"] for event in self.tasks) - min(event["ts"] for event in self.tasks))

    @property
    def frames(self) -> int:
        return sum(event["name"] == "DrawFrame" for event in self.events)

    def _page_events(self) -> list[Event]:
        """Return the events of the page's main thread, which is the one that does most of the layout."""
        layouts = [(event["pid"], event["tid"]) for event in self.events if event["name"] in LAYING_OUT]
        thread = max(set(layouts), key=layouts.count)
        return [each for each in self.events if (each["pid"], each["tid"]) == thread and each.get("ph") == "X"]


LAYING_OUT = ("Layout", "UpdateLayoutTree")


def _within(inner: Event, outer: Event) -> bool:
    return bool(outer["ts"] <= inner["ts"] and inner["ts"] + inner["dur"] <= outer["ts"] + outer["dur"])


def _share(task: Event, events: list[Event]) -> dict[str, float]:
    """Return the milliseconds that a task spent, by kind of work."""
    spent: dict[str, float] = {}
    for event in events:
        if event is not task and _within(event, task):
            spent[event["name"]] = spent.get(event["name"], 0) + event.get("tdur", 0) / 1000
    return spent
