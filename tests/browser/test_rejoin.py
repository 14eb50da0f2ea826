"""Readers who leave and come back end with the same page as a reader who stayed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.answers import RICH
from tests.browser.visitor import Visitor
from tests.fake_providers import Script, StandIn
from tests.support import wait
from tests.support.live import Live

MODELS = ("openai/stays", "anthropic/ends-meanwhile", "google/stays-too")
REASONING = "Let me think about <fractions> & their *parts*."
HELD = [14, 30, 45, 62, 75]
"""Numbers of chunks after which the answers pause: in a paragraph, the table, the list, the code, the formula."""


@dataclass
class Line:
    """The socket of a page, which can be cut and connected again."""

    sockets: list[WebSocketRoute] = field(default_factory=list)
    down: bool = False

    def lay(self, page: Page) -> None:
        page.route_web_socket(re.compile("/ws/"), self._connect)

    def cut(self) -> None:
        self.down = True
        self.sockets[-1].close(code=1012)

    def _connect(self, socket: WebSocketRoute) -> None:
        if self.down:
            socket.close(code=1012)
            return
        self.sockets.append(socket)
        socket.connect_to_server()


def scripted(vendors: StandIn, held: int) -> tuple[Script, Script]:
    """Make all models send the same answer and pause after ``held`` chunks; one of them does not pause."""
    scripts = [Script(text=RICH, reasoning=REASONING, chunk_size=6, hold=held) for _ in range(2)]
    vendors.default, vendors.scripts["ends-meanwhile"] = scripts
    return scripts[0], scripts[1]


def wait_until_it_stands_still(visitor: Visitor, held: int) -> None:
    """Wait until the page shows the last whole word before the pause."""
    said = (REASONING + RICH)[: held * 6]
    for index in range(len(MODELS)):
        expect(visitor.answer(index)).to_contain_text(re.findall(r"\w+", said)[-2])


def wait_until_it_shows_all_of(stayed: Visitor, back: Visitor) -> None:
    """Wait until ``back`` shows all that ``stayed`` shows: each page adds an unfinished line after a silent tick."""
    wait.until(
        lambda: back.answer(0).inner_text().startswith(stayed.answer(0).inner_text()), "a part of the answer is missing"
    )


def assert_same_at_the_end(stayed: Visitor, *others: Visitor) -> None:
    for visitor in (stayed, *others):
        visitor.wait_for_end()
    live = stayed.columns
    assert stayed.statuses == ["completed"] * len(MODELS)
    assert live[0].count("The end.") == len(MODELS)
    for other in others:
        assert other.columns == live
    stayed.page.reload()
    assert stayed.columns == live


def reload(visitor: Visitor) -> Visitor:
    visitor.page.reload()
    return visitor


def open_another(visitor: Visitor) -> Visitor:
    return visitor.new_tab()


def leave_and_come_back(visitor: Visitor) -> Visitor:
    path = visitor.path
    visitor.go("/history/")
    visitor.go(path)
    return visitor


@pytest.mark.parametrize(
    ("rejoin", "held"), [*((reload, held) for held in HELD), (open_another, HELD[2]), (leave_and_come_back, HELD[1])]
)
def test_it_shows_all_after_coming_back_in_mid_stream(
    visitor: Visitor, vendors: StandIn, rejoin: Callable[[Visitor], Visitor], held: int
) -> None:
    stands_still, ends_meanwhile = scripted(vendors, held)
    visitor.begin(*MODELS)
    left = visitor.new_tab()
    wait_until_it_stands_still(visitor, held)
    wait_until_it_stands_still(left, held)

    back = rejoin(left)
    wait_until_it_stands_still(back, held)
    wait_until_it_shows_all_of(visitor, back)
    ends_meanwhile.release.set()
    stands_still.release.set()

    assert_same_at_the_end(visitor, left, back)


def test_it_shows_all_after_a_dropped_socket(visitor: Visitor, vendors: StandIn) -> None:
    stands_still, ends_meanwhile = scripted(vendors, HELD[2])
    visitor.begin(*MODELS)
    line = Line()
    cut_off = visitor.new_tab("/history/")
    line.lay(cut_off.page)
    cut_off.go(visitor.path)
    wait_until_it_stands_still(cut_off, HELD[2])

    line.cut()
    ends_meanwhile.release.set()
    expect(visitor.column(1).locator(".badge")).to_have_text("Done")
    expect(cut_off.column(1).locator(".badge")).to_have_text("Writing")
    line.down = False
    expect(cut_off.column(1).locator(".badge")).to_have_text("Done")
    wait_until_it_shows_all_of(visitor, cut_off)
    assert cut_off.answer(0).inner_text() == visitor.answer(0).inner_text()
    stands_still.release.set()

    assert_same_at_the_end(visitor, cut_off)
    assert len(line.sockets) == 2


def test_it_hears_of_a_retry_and_a_turn_that_began_while_its_socket_was_down(
    visitor: Visitor, vendors: StandIn
) -> None:
    vendors.scripts["ends-meanwhile"] = Script(text="Broken", end="cut")
    visitor.begin(*MODELS)
    visitor.wait_for_end()
    line = Line()
    cut_off = visitor.new_tab("/history/")
    line.lay(cut_off.page)
    cut_off.go(visitor.path)
    cut_off.follow_up_box.fill("Half a thought")

    line.cut()
    vendors.scripts["ends-meanwhile"] = retried = Script(text="Mended.", hold=1)
    visitor.column(1).get_by_role("button", name="Try again").click()
    visitor.wait_for_text(1, "Mend")
    line.down = False
    cut_off.wait_for_text(1, "Mend")
    expect(cut_off.column(1).locator(".outcome")).to_have_count(0)
    expect(cut_off.turn(0).get_by_role("button", name="Stop all")).to_be_visible()
    retried.release.set()

    cut_off.wait_for_text(1, "Mended.")
    for each in (visitor, cut_off):
        each.wait_for_end()
    assert cut_off.columns == visitor.columns
    line.cut()
    visitor.follow_up("And then?")
    visitor.wait_for_end(turn=1)
    line.down = False
    cut_off.wait_for_end(turn=1)
    assert cut_off.columns == visitor.columns


def test_it_shows_all_after_the_server_was_started_again(live: Live, visitor: Visitor, vendors: StandIn) -> None:
    stands_still, ends_meanwhile = scripted(vendors, HELD[3])
    visitor.begin(*MODELS)
    wait_until_it_stands_still(visitor, HELD[3])

    live.stop_web()
    ends_meanwhile.release.set()
    live.start_web()
    live.wait_until_ready()
    expect(visitor.column(1).locator(".badge")).to_have_text("Done")
    stands_still.release.set()

    assert_same_at_the_end(visitor)
    visitor.forgive(r"WebSocket connection|\[object Event\]|htmx:(afterRequest|sendError)|ERR_CONNECTION")


def test_it_shows_all_after_the_browser_froze_the_tab(visitor: Visitor, vendors: StandIn) -> None:
    stands_still, ends_meanwhile = scripted(vendors, HELD[1])
    visitor.begin(*MODELS)
    sleeper = visitor.new_tab()
    wait_until_it_stands_still(sleeper, HELD[1])
    devtools = sleeper.context.new_cdp_session(sleeper.page)

    devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    ends_meanwhile.release.set()
    expect(visitor.column(1).locator(".badge")).to_have_text("Done")
    devtools.send("Page.setWebLifecycleState", {"state": "active"})
    stands_still.release.set()

    assert_same_at_the_end(visitor, sleeper)
