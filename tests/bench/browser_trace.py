"""The browser's own trace of its main thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession, Page

CATEGORIES = "devtools.timeline,disabled-by-default-devtools.timeline,disabled-by-default-devtools.timeline.frame"
LONG = 50_000
"""Microseconds."""

Event = dict[str, Any]


@dataclass(frozen=True)
class Trace:
    """The trace of an action; times of its events in microseconds."""

    events: list[Event]

    @classmethod
    def of(cls, page: Page, work: Callable[[], object]) -> Trace:
        client: CDPSession = page.context.new_cdp_session(page)
        events: list[Event] = []
        done: list[bool] = []
        client.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
        client.on("Tracing.tracingComplete", lambda _: done.append(True))
        client.send("Tracing.start", {"categories": CATEGORIES, "transferMode": "ReportEvents"})
        work()
        client.send("Tracing.end")
        while not done:
            page.wait_for_timeout(50)
        return cls(events)

    @property
    def tasks(self) -> list[Event]:
        return [event for event in self._mine() if event["name"] == "RunTask"]

    @property
    def long_tasks_of_ours(self) -> list[Event]:
        """Return the tasks in which scripts alone took longer than ``LONG``; each is printed with its parts."""
        mine = self._mine()
        scripts = [event for event in mine if event["name"] in ("FunctionCall", "EvaluateScript")]
        ours = [
            task for task in self.tasks if sum(each.get("tdur", 0) for each in scripts if _within(each, task)) > LONG
        ]
        for task in ours:
            shares = sorted(_share(task, mine).items(), key=lambda item: -item[1])
            print("long task:", task.get("tdur", 0) / 1000, shares[:6])
        return ours

    @property
    def longest(self) -> float:
        """Return the milliseconds of the longest task, of any cause."""
        return max(float(task.get("tdur", 0)) for task in self.tasks) / 1000

    @property
    def length(self) -> float:
        return float(max(event["ts"] for event in self.tasks) - min(event["ts"] for event in self.tasks))

    @property
    def frames(self) -> int:
        return sum(event["name"] == "DrawFrame" for event in self.events)

    def _mine(self) -> list[Event]:
        """Return the events of the thread that did most layout: the page's."""
        layouts = [(event["pid"], event["tid"]) for event in self.events if event["name"] in LAYING_OUT]
        thread = max(set(layouts), key=layouts.count)
        return [each for each in self.events if (each["pid"], each["tid"]) == thread and each.get("ph") == "X"]


LAYING_OUT = ("Layout", "UpdateLayoutTree")


def _within(inner: Event, outer: Event) -> bool:
    return bool(outer["ts"] <= inner["ts"] and inner["ts"] + inner["dur"] <= outer["ts"] + outer["dur"])


def _share(task: Event, events: list[Event]) -> dict[str, float]:
    """Return the milliseconds of a task by kind of work."""
    spent: dict[str, float] = {}
    for event in events:
        if event is not task and _within(event, task):
            spent[event["name"]] = spent.get(event["name"], 0) + event.get("tdur", 0) / 1000
    return spent
