"""The progress of an answer in its column, and the first to answer."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.fake_providers import Script, StandIn
from tests.integration.worker_faults import frozen_worker
from tests.support import wait
from tests.support.live import Live


def badge(visitor: Visitor, index: int, words: str) -> None:
    expect(visitor.column(index).locator(".badge")).to_have_text(words)


def test_it_says_how_far_each_answer_has_come(visitor: Visitor, vendors: StandIn) -> None:
    vendors.scripts["connects"] = Script(first_delay=60)
    vendors.scripts["accepted"] = Script(hold=0)
    vendors.scripts["thinks"] = Script(reasoning="Hm, well, let me see.", chunk_size=6, hold=2)
    vendors.scripts["writes"] = Script(text="One two three four", hold=2)
    vendors.scripts["fails"] = Script(status=500)
    visitor.begin(
        "openai/connects", "mistral/accepted", "openai/thinks", "google/writes", "openai/fails", "google/done"
    )

    for index, words in enumerate(("Connecting", "Thinking", "Thinking", "Writing", "Failed", "Done")):
        badge(visitor, index, words)
    expect(visitor.column(0).get_by_text("Connecting…")).to_be_visible()
    expect(visitor.column(1).get_by_text("Thinking for")).to_be_visible()
    visitor.page.reload()
    for index, words in enumerate(("Connecting", "Thinking", "Thinking", "Writing", "Failed", "Done")):
        badge(visitor, index, words)
    visitor.page.get_by_role("button", name="Stop all").click()
    visitor.wait_for_end()

    for index in range(4):
        badge(visitor, index, "Stopped")


def test_it_says_which_place_in_the_line_an_answer_has(live: Live, visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = Script(first_delay=60)
    with frozen_worker(live):
        visitor.begin("openai/waits-a", "google/waits-b")
        first, second = (visitor.column(index).locator(".queue-position") for index in (0, 1))
        expect(first).to_have_text("next in the queue")
        expect(second).to_have_text("2nd in the queue")

        visitor.column(0).get_by_role("button", name="Stop waits-a").click()
        expect(second).to_have_text("next in the queue")

    badge(visitor, 1, "Connecting")
    expect(second).to_have_count(0)
    visitor.page.get_by_role("button", name="Stop all").click()
    visitor.wait_for_end()


def test_it_says_that_no_worker_is_there_until_one_is(live: Live, visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = Script(text="Here I am.")
    live.stop_worker()
    try:
        visitor.begin("openai/waits-long", "google/waits-long-too")
        expect(visitor.column(0).locator(".queue-position")).to_have_text("no worker is running")
        expect(visitor.page.get_by_text("No worker is running at the moment.")).to_be_visible()
    finally:
        live.start_worker()

    visitor.wait_for_end()
    expect(visitor.page.get_by_text("No worker is running at the moment.")).to_be_hidden()
    visitor.wait_for_text(1, "Here I am.")


def test_it_shows_who_was_first_to_answer_and_to_end(visitor: Visitor, vendors: StandIn) -> None:
    vendors.scripts["quick-to-speak"] = talker = Script(text="One two three", hold=1)
    vendors.scripts["quick-to-end"] = finisher = Script(text="All at once.", hold=0)
    visitor.begin("openai/quick-to-speak", "google/quick-to-end")
    visitor.wait_for_text(0, "One ")
    finisher.release.set()

    expect(visitor.column(0).locator(".firsts")).to_have_text("Started first")
    expect(visitor.column(1).locator(".firsts")).to_have_text("Finished first")
    visitor.page.reload()
    expect(visitor.column(0).locator(".firsts")).to_have_text("Started first")
    talker.release.set()
    visitor.wait_for_end()

    live = visitor.columns
    expect(visitor.column(0).locator(".firsts")).to_have_text("Started first")
    expect(visitor.column(1).locator(".firsts")).to_have_text("Finished first")
    visitor.page.reload()
    assert visitor.columns == live


def test_it_gives_a_retry_no_place_in_the_race(visitor: Visitor, vendors: StandIn) -> None:
    vendors.scripts["again"] = Script(text="Half", end="cut", at=1)
    vendors.scripts["steady"] = steady = Script(hold=0)
    visitor.begin("openai/again", "google/steady")
    badge(visitor, 0, "Failed")
    steady.release.set()
    visitor.wait_for_end()
    expect(visitor.column(0).locator(".firsts")).to_have_text("Started first")

    vendors.scripts["again"] = Script(text="Whole.")
    visitor.column(0).get_by_role("button", name="Try again").click()
    badge(visitor, 0, "Done")
    visitor.wait_for_end()

    expect(visitor.column(0).locator(".firsts")).to_have_text("")
    expect(visitor.column(1).locator(".firsts")).to_have_text(re.compile(r"Started first\s*Finished first"))
    live = visitor.columns
    visitor.page.reload()
    assert visitor.columns == live


def test_it_measures_what_is_written_against_the_length_that_was_asked_for(visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = script = Script(text="one two three four five six", chunk_size=4, hold=4)
    visitor.begin("openai/limited", "google/limited-too", parameters={"max_tokens": 40})
    progress = visitor.column(0).get_by_role("progressbar")

    expect(progress).to_have_attribute("max", "40")
    expect(progress).to_have_attribute("value", "4")
    expect(visitor.column(0).locator(".metrics")).to_contain_text("≈ 4 tokens")
    expect(visitor.column(0).locator(".metrics")).to_contain_text(re.compile(r"First token\s+\d+\.\d\d s"))
    script.release.set()
    visitor.wait_for_end()

    expect(progress).to_have_count(0)
    expect(visitor.column(0).locator(".metrics")).to_contain_text("reported")


def test_it_shimmers_where_no_length_is_known(visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = script = Script(text="one two three", hold=1)
    visitor.begin("openai/unlimited", "google/unlimited-too")

    expect(visitor.column(0).locator(".shimmer")).to_be_visible()
    expect(visitor.page.get_by_role("progressbar")).to_have_count(0)
    expect(visitor.column(0).locator(".shimmer")).to_have_css("animation-iteration-count", "1")
    script.release.set()
    visitor.wait_for_end()

    expect(visitor.page.locator(".shimmer")).to_have_count(0)


def test_it_announces_ends_and_nothing_else(visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = script = Script(text="one two three", hold=1)
    visitor.begin("openai/said", "google/said-too")
    visitor.wait_for_text(0, "one")
    visitor.page.evaluate(
        """() => {
          window.heard = [];
          const region = document.getElementById("announcements");
          const hear = () => region.textContent && heard.push(region.textContent);
          new MutationObserver(hear).observe(region, { childList: true });
        }"""
    )

    script.release.set()
    visitor.wait_for_end()
    wait.until(lambda: len(heard(visitor)) >= 2, "nothing is said of the ends")

    assert sorted(heard(visitor)) == ["said has answered", "said-too has answered"]


def heard(visitor: Visitor) -> list[str]:
    return ". ".join(visitor.page.evaluate("heard")).split(". ")
