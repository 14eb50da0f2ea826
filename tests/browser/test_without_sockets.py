"""Pages without scripts, sockets or streams."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, StorageState, WebSocket, expect

from tests.browser.answers import RICH
from tests.browser.visitor import Visitor
from tests.fake_providers import Script, StandIn
from tests.support.live import Account, Live

OPENAI, GOOGLE = "openai/gpt-5.5", "google/gemini-3.8-flash"


@pytest.fixture
def reader_without_scripts(
    live: Live, vendors: StandIn, shared_browser: Browser, alice: Account, alices_session: StorageState
) -> Iterator[Visitor]:
    """Alice in a browser that runs no JavaScript."""
    context = shared_browser.new_context(storage_state=alices_session, java_script_enabled=False)
    yield Visitor(live, alice, context.new_page(), [])
    context.close()


def test_it_polls_where_no_socket_gets_through(visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = script = Script(text=RICH, chunk_size=20, hold=3)
    visitor.begin("openai/polled-a", "google/polled-b")
    visitor.wait_for_text(0, re.compile("first paragraph"))
    cut_off = visitor.new_tab("/history/")
    cut_off.page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close(code=1013))
    cut_off.page.clock.install()
    cut_off.go(visitor.path)

    cut_off.page.clock.fast_forward(6_000)
    expect(cut_off.page.get_by_text("The live connection is down.")).to_be_visible()
    script.release.set()
    visitor.wait_for_end()
    cut_off.page.clock.fast_forward(3_000)
    cut_off.wait_for_end()

    assert cut_off.columns == visitor.columns
    expect(cut_off.page.get_by_text("The live connection is down.")).to_be_hidden()
    cut_off.follow_up("And now?")
    cut_off.page.clock.fast_forward(6_000)
    cut_off.wait_for_end(turn=1)
    assert cut_off.statuses == ["completed"] * 4


def test_it_opens_no_socket_for_those_who_switched_streaming_off(newcomer: Visitor, vendors: StandIn) -> None:
    sockets: list[WebSocket] = []
    newcomer.page.on("websocket", lambda socket: sockets.append(socket))
    newcomer.go("/settings/")
    newcomer.page.get_by_label("Show answers while they are written").uncheck()
    newcomer.page.locator("#streaming").get_by_role("button", name="Save").click()
    expect(newcomer.page.get_by_text("Saved.")).to_be_visible()
    vendors.default = script = Script(text=RICH, chunk_size=20, hold=3)

    newcomer.go("/")
    newcomer.choose(OPENAI, GOOGLE)
    newcomer.send("Tell me about fractions.")
    newcomer.page.wait_for_url("**/comparisons/**")
    expect(newcomer.page.get_by_role("button", name="Stop all")).to_be_visible()
    script.release.set()
    newcomer.wait_for_end()
    newcomer.page.get_by_role("button", name="Tie").click()
    expect(newcomer.page.locator(".vote[aria-pressed=true]")).to_have_text("Tie")
    newcomer.follow_up("And decimals?")
    newcomer.wait_for_end(turn=1)

    assert newcomer.statuses == ["completed"] * 4
    assert sockets == []
    polled = newcomer.columns
    newcomer.page.reload()
    assert newcomer.columns == polled


def choose(reader: Visitor, *models: str) -> None:
    """Choose models in the form without scripts, which has all eight slots, most of them folded away."""
    folded = reader.page.locator("[data-slots-more]:not([open]) > summary")
    if folded.count():
        folded.click()
    for position in range(1, 9):
        chosen = models[position - 1] if position <= len(models) else ""
        reader.page.locator(f"#model-{position}").select_option(chosen)


def test_it_does_all_without_scripts(reader_without_scripts: Visitor, vendors: StandIn) -> None:
    reader, page = reader_without_scripts, reader_without_scripts.page
    vendors.default = script = Script(text="Plain words.", hold=1)
    reader.go("/")
    choose(reader, OPENAI, GOOGLE)

    reader.send("What is it like without?")
    page.wait_for_url("**/comparisons/**")
    expect(reader.column(0).locator(".badge")).to_have_text("Writing")
    expect(page.get_by_text("This browser does not run scripts")).to_be_visible()
    reader.column(0).get_by_role("button", name="Stop").click()
    expect(reader.column(0).locator(".badge")).to_have_text("Stopped")
    script.release.set()
    expect(reader.column(1).locator(".badge")).to_have_text("Done")
    page.get_by_role("button", name="All bad").click()
    expect(page.locator(".vote[aria-pressed=true]")).to_have_text("All bad")
    reader.follow_up_box.fill("And then?")
    page.get_by_role("button", name="Send").click()
    reader.wait_for_end(turn=1)

    assert reader.statuses == ["stopped", "completed", "completed", "completed"]
    reader.wait_for_text(1, "Plain words.")
    expect(page.locator(".turn-prompt")).to_have_text(["What is it like without?", "And then?"])


def test_it_retries_and_stops_all_without_scripts(reader_without_scripts: Visitor, vendors: StandIn) -> None:
    reader, page = reader_without_scripts, reader_without_scripts.page
    vendors.default = Script(status=500)
    reader.begin("openai/again-a", "google/again-b")
    expect(page.locator(".status .badge")).to_have_text(["Failed", "Failed"])
    vendors.default = Script(first_delay=60)

    reader.column(0).get_by_role("button", name="Try again").click()
    vendors.wait_for_request(model="again-a", number=2)
    page.get_by_role("button", name="Stop all").click()

    expect(page.locator(".status .badge")).to_have_text(["Stopped", "Failed"])


def test_it_keeps_what_was_typed_without_scripts(reader_without_scripts: Visitor) -> None:
    reader, page = reader_without_scripts, reader_without_scripts.page
    reader.go("/")
    choose(reader, OPENAI)

    reader.send("Only one of you")

    expect(page.locator("#models-error")).to_have_text("Choose at least two models to compare.")
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("Only one of you")


@pytest.mark.parametrize("removal", ["delete window.WebSocket", "window.WebSocket = undefined"])
def test_it_polls_in_a_browser_without_web_sockets(visitor: Visitor, vendors: StandIn, removal: str) -> None:
    vendors.default = script = Script(text=RICH, chunk_size=20, hold=3)
    page = visitor.page
    page.add_init_script(removal)

    visitor.begin("openai/socketless-a", "google/socketless-b")
    visitor.wait_for_text(0, re.compile("first paragraph"))
    expect(page.locator("html")).to_have_attribute("data-connection", "polling")
    script.release.set()
    visitor.wait_for_end()
    expect(page.locator("html")).not_to_have_attribute("data-connection", re.compile(".*"))
    visitor.follow_up("And now?")
    visitor.wait_for_end(turn=1)

    assert visitor.statuses == ["completed"] * 4
    visitor.forgive("WebSocket is not (defined|a constructor)")


def test_a_chat_polls_in_a_browser_without_event_streams(visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = script = Script(text=RICH, chunk_size=20, hold=3)
    page = visitor.page
    page.add_init_script("delete window.EventSource")
    answers = page.locator(".entry-answer .prose")
    visitor.go("/chat/?model=openai/streamless")

    page.locator("#message").fill("Tell me about fractions.")
    page.keyboard.press("Enter")
    expect(answers).to_contain_text("first paragraph")
    expect(page.locator("html")).to_have_attribute("data-connection", "polling")
    script.release.set()
    expect(page.locator(".entry-answer[data-status=completed]")).to_have_count(1)
    expect(page.locator("html")).not_to_have_attribute("data-connection", re.compile(".*"))
    page.locator("#message").fill("And decimals?")
    page.keyboard.press("Enter")

    expect(page.locator(".entry-answer[data-status=completed]")).to_have_count(2)
    visitor.forgive("EventSource is not defined")
