from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.fake_providers import Script, StandIn
from tests.integration.worker_faults import frozen_worker
from tests.support.live import Live

TEXT = "One two three four five six seven."
BEGUN = "One two "


def stop(visitor: Visitor, index: int) -> None:
    visitor.column(index).get_by_role("button", name=re.compile("^Stop ")).click()


def test_it_stops_one_while_the_others_go_on_to_the_end(visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = script = Script(text=TEXT, hold=2)
    visitor.begin("openai/stopped", "anthropic/goes-on-a", "google/goes-on-b")
    for index in range(3):
        visitor.wait_for_text(index, BEGUN)

    stop(visitor, 0)
    vendors.wait_for_request(model="stopped").wait_until_disconnected()
    expect(visitor.column(0).locator(".badge")).to_have_text("Stopped")
    expect(visitor.column(1).locator(".badge")).to_have_text("Writing")
    script.release.set()
    visitor.wait_for_end()

    assert visitor.statuses == ["stopped", "completed", "completed"]
    visitor.wait_for_text(0, BEGUN)
    visitor.wait_for_text(1, TEXT)
    visitor.wait_for_text(2, TEXT)
    expect(visitor.column(0).locator(".outcome")).to_contain_text("You stopped this answer.")
    expect(visitor.column(0).locator(".outcome")).to_contain_text("The text above is incomplete.")
    expect(visitor.page.locator(".vote .vote-number")).to_have_text(["2", "3"])


def test_it_stops_all(visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = Script(text=TEXT, hold=2)
    visitor.begin("openai/all-a", "mistral/all-b")
    visitor.wait_for_text(0, BEGUN)
    visitor.wait_for_text(1, BEGUN)

    visitor.page.get_by_role("button", name="Stop all", exact=True).click()
    for model in ("all-a", "all-b"):
        vendors.wait_for_request(model=model).wait_until_disconnected()
    visitor.wait_for_end()

    assert visitor.statuses == ["stopped", "stopped"]
    expect(visitor.page.locator(".vote-bar")).to_have_count(0)
    expect(visitor.follow_up_box).to_be_visible()


def test_it_stops_before_the_first_word(visitor: Visitor, vendors: StandIn) -> None:
    vendors.scripts["silent"] = Script(first_delay=60)
    visitor.begin("openai/silent", "google/quick")
    upstream = vendors.wait_for_request(model="silent")
    expect(visitor.column(0).get_by_text("Connecting…")).to_be_visible()

    stop(visitor, 0)
    upstream.wait_until_disconnected()
    visitor.wait_for_end()

    assert visitor.statuses == ["stopped", "completed"]
    expect(visitor.column(0).get_by_text("Connecting…")).to_be_hidden()
    expect(visitor.column(0).locator(".outcome")).not_to_contain_text("incomplete")


def test_it_tries_a_failed_answer_again(visitor: Visitor, vendors: StandIn) -> None:
    vendors.scripts["fragile"] = Script(text=TEXT, end="cut", at=2)
    visitor.begin("openai/fragile", "google/sound")
    visitor.wait_for_end()
    sound = visitor.answer(1).inner_html()
    vendors.scripts["fragile"] = second = Script(text="This time it holds.", hold=2)

    visitor.column(0).get_by_role("button", name="Try again").click()
    visitor.wait_for_text(0, "This tim")
    expect(visitor.column(0).locator(".badge")).to_have_text("Writing")
    expect(visitor.column(0).locator(".outcome")).to_have_count(0)
    second.release.set()
    visitor.wait_for_end()

    visitor.wait_for_text(0, "This time it holds.")
    assert visitor.statuses == ["completed", "completed"]
    assert visitor.answer(1).inner_html() == sound
    live = visitor.columns
    visitor.page.reload()
    assert visitor.columns == live


def test_each_failure_says_its_own_sentence_and_touches_no_other(visitor: Visitor, vendors: StandIn) -> None:
    vendors.scripts["limited"] = Script(status=429, headers={"Retry-After": "60"})
    vendors.scripts["missing"] = Script(status=404)
    vendors.scripts["cut"] = Script(text=TEXT, end="cut", at=2)
    visitor.begin("openai/limited", "anthropic/missing", "mistral/cut", "deepseek/without-key", "google/sound")

    visitor.wait_for_end()

    assert visitor.statuses == ["failed"] * 4 + ["completed"]
    sentences = [outcome.locator("p").first.inner_text() for outcome in visitor.page.locator(".outcome").all()]
    assert len(set(sentences)) == 4
    for sentence, provider in zip(sentences, ["OpenAI", "Anthropic", "Mistral", "DeepSeek"], strict=True):
        assert provider in sentence
    visitor.wait_for_text(2, BEGUN)
    expect(visitor.column(2).locator(".outcome")).to_contain_text("The text above is incomplete.")
    expect(visitor.page.get_by_text("The text above is incomplete.")).to_have_count(1)
    visitor.wait_for_text(4, "Hello from sound: ça va, 世界 🌍!")
    expect(visitor.page.locator(".vote .vote-number")).to_have_text(["5"])


def test_it_says_whether_an_answer_waits_or_has_begun(live: Live, visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = Script(first_delay=60)
    with frozen_worker(live):
        visitor.begin("openai/waits-a", "google/waits-b")
        expect(visitor.column(0).get_by_text("Waiting in the queue…")).to_be_visible()

    expect(visitor.column(0).get_by_text("Connecting…")).to_be_visible()
    expect(visitor.column(1).locator(".badge")).to_have_text("Connecting")
    visitor.page.get_by_role("button", name="Stop all", exact=True).click()
    visitor.wait_for_end()
