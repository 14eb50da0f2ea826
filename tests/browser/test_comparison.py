from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import HeldRequests, Visitor
from tests.fake_providers import Script, StandIn
from tests.support import chromium
from tests.support.live import PASSWORD, Live

DEMOS = ["demo/demo-swift", "demo/demo-scholar", "demo/demo-thinker"]
OPENAI, GOOGLE = "openai/gpt-5.5", "google/gemini-3.8-flash"


@pytest.fixture
def stranger(shared_browser: Browser, browser_problems: list[str]) -> Iterator[Page]:
    """A browser in which nobody has signed in."""
    context = shared_browser.new_context()
    chromium.note_problems(context, browser_problems)
    yield context.new_page()
    context.close()
    assert browser_problems == []


def test_it_leads_from_the_sign_up_to_a_comparison_of_the_demos(live: Live, stranger: Page) -> None:
    stranger.goto(live.base_url)
    stranger.get_by_role("link", name="Sign up").first.click()

    stranger.get_by_label("Username").fill("first-steps")
    stranger.get_by_label("Email").fill("first-steps@example.org")
    stranger.get_by_label("Password").fill(PASSWORD)
    stranger.get_by_role("button", name="Create account").click()
    stranger.wait_for_url(f"{live.base_url}/")
    chosen = [select.input_value() for select in stranger.locator("[data-slot]:visible select").all()]
    stranger.get_by_label("Prompt", exact=True).fill("Which of you is the fastest?")
    stranger.keyboard.press("Control+Enter")
    early = growing(stranger, index=1)

    assert chosen == DEMOS
    expect(stranger.locator(".status .badge")).to_have_text(["Done"] * 3)
    whole = stranger.locator(".prose").nth(1).inner_text()
    assert len(early) < len(whole)
    assert "Which of you is the fastest?" in whole


def growing(page: Page, index: int) -> str:
    """Wait until a column's text grows while its answer runs; return the text at that moment."""
    column = page.locator(f'.column[data-index="{index}"]:not([data-status="completed"])')
    prose = column.locator(".prose")
    expect(prose).to_have_text(re.compile(r"\S"))
    first = prose.inner_text()
    expect(prose).not_to_have_text(first)
    return prose.inner_text()


def test_it_fills_the_columns_while_the_answers_come(newcomer: Visitor, vendors: StandIn) -> None:
    script = Script(text="First words. Last words.", chunk_size=13, hold=1)
    vendors.default = script
    newcomer.go("/")
    newcomer.choose(OPENAI, GOOGLE)

    newcomer.send("Say something.")
    newcomer.wait_for_text(0, "First words.")
    newcomer.wait_for_text(1, "First words.")
    expect(newcomer.column(0).locator(".badge")).to_have_text("Writing")
    expect(newcomer.page.locator(".vote-bar")).to_have_count(0)
    script.release.set()
    newcomer.wait_for_end()

    newcomer.wait_for_text(0, "First words. Last words.")
    newcomer.wait_for_text(1, "First words. Last words.")
    expect(newcomer.page.locator(".status .badge")).to_have_text(["Done", "Done"])
    expect(newcomer.page.get_by_role("button", name="Stop")).to_have_count(0)


def test_it_keeps_votes_turns_and_the_choice_of_models(newcomer: Visitor, vendors: StandIn) -> None:
    newcomer.go("/")
    newcomer.choose(OPENAI, GOOGLE, OPENAI)
    newcomer.send("How does it begin?")
    newcomer.wait_for_end()

    vote(newcomer, "1")
    expect(newcomer.column(0).locator(".preferred")).to_be_visible()
    vote(newcomer, "2")
    expect(newcomer.column(1).locator(".preferred")).to_be_visible()
    expect(newcomer.column(0).locator(".preferred")).to_be_hidden()
    for turn, prompt in enumerate(["And then?", "And how does it end?"], start=1):
        newcomer.follow_up(prompt)
        newcomer.wait_for_end(turn=turn)
    seen = newcomer.columns
    newcomer.page.get_by_role("link", name="History").first.click()
    expect(newcomer.page.locator(".history-item")).to_have_text(re.compile("How does it begin?.*Voted", re.DOTALL))
    newcomer.page.get_by_role("link", name="How does it begin?").click()

    expect(newcomer.page.locator(".turn-prompt")).to_have_text(
        ["How does it begin?", "And then?", "And how does it end?"]
    )
    assert len(seen) == 3
    assert newcomer.columns == seen
    assert newcomer.statuses == ["completed"] * 9
    expect(newcomer.turn(0).locator(".vote[aria-pressed=true]")).to_contain_text("2")
    expect(newcomer.turn(1).locator(".vote[aria-pressed=true]")).to_have_count(0)
    asked = [message["content"] for message in last_messages(vendors)]
    assert [text for text in asked if isinstance(text, str)][::2] == [
        "How does it begin?",
        "And then?",
        "And how does it end?",
    ]
    newcomer.go("/")
    assert newcomer.chosen == [OPENAI, GOOGLE, OPENAI]


def vote(visitor: Visitor, number: str) -> None:
    visitor.page.locator(".vote", has=visitor.page.locator(".vote-number", has_text=number)).click()
    expect(visitor.page.locator(".vote[aria-pressed=true] .vote-number")).to_have_text(number)


def last_messages(vendors: StandIn) -> list[dict[str, object]]:
    bodies = [request.body for request in vendors.requests if "input" in request.body]
    messages: list[dict[str, object]] = bodies[-1]["input"]
    return messages


def test_it_takes_back_a_vote_for_another_verdict(visitor: Visitor) -> None:
    visitor.begin("openai/one", "mistral/other")
    visitor.wait_for_end()

    visitor.page.get_by_role("button", name="Tie").click()
    expect(visitor.page.locator(".vote[aria-pressed=true]")).to_have_text("Tie")
    visitor.page.get_by_role("button", name="All bad").click()
    expect(visitor.page.locator(".vote[aria-pressed=true]")).to_have_text("All bad")
    visitor.page.reload()

    expect(visitor.page.locator(".vote[aria-pressed=true]")).to_have_text("All bad")


def test_it_compares_eight_models_of_which_one_stands_twice(newcomer: Visitor) -> None:
    newcomer.go("/")
    models = newcomer.page.locator("#model-1 option").evaluate_all(
        "(options) => options.filter((o) => o.value && !o.disabled && !o.value.startsWith('demo')).map((o) => o.value)"
    )[:7]

    newcomer.choose(*models, models[0])
    newcomer.send("All of you!")
    newcomer.wait_for_end()

    assert newcomer.statuses == ["completed"] * 8
    expect(newcomer.page.locator(".column .prose")).to_have_text(
        [f"Hello from {model.partition('/')[2]}: ça va, 世界 🌍!" for model in [*models, models[0]]]
    )
    newcomer.go("/")
    assert newcomer.chosen == [*models, models[0]]


def test_it_keeps_what_is_typed_while_the_vote_is_sent(visitor: Visitor) -> None:
    visitor.begin("openai/first", "google/second")
    visitor.wait_for_end()
    box = visitor.follow_up_box
    box.fill("What I have written so far")

    visitor.page.get_by_role("button", name="Tie").click()
    expect(visitor.page.locator(".vote[aria-pressed=true]")).to_have_text("Tie")

    expect(box).to_have_value("What I have written so far")


def test_it_leaves_what_is_on_the_page_alone_when_a_turn_comes_from_elsewhere(visitor: Visitor) -> None:
    visitor.begin("openai/first", "google/second")
    visitor.wait_for_end()
    visitor.page.reload()
    visitor.page.evaluate("document.querySelectorAll('.column').forEach((column) => { column.untouched = true })")

    visitor.account.api.post(f"/api/v1{visitor.path}turns", json={"prompt": "And then?"}).raise_for_status()
    visitor.wait_for_end(turn=1)

    assert visitor.page.evaluate("[...document.querySelectorAll('.column')].map((column) => column.untouched)") == [
        True,
        True,
        None,
        None,
    ]
    live = visitor.columns
    visitor.page.reload()
    assert visitor.columns == live


def test_it_does_not_show_a_stranger_what_is_running(visitor: Visitor, newcomer: Visitor, vendors: StandIn) -> None:
    vendors.default = script = Script(text="Mine alone.", hold=1)
    visitor.begin("openai/private-a", "google/private-b")
    visitor.wait_for_text(0, "Mine")

    newcomer.go(visitor.path)
    expect(newcomer.page.get_by_role("heading", level=1)).to_have_text("This is not possible")
    newcomer.forgive("status of 404")
    seen = newcomer.page.content()
    script.release.set()
    visitor.wait_for_end()

    assert "Mine" not in seen
    newcomer.go("/history/")
    expect(newcomer.page.get_by_text("No comparisons yet")).to_be_visible()


def test_a_late_response_to_a_follow_up_takes_nothing_back(visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = Script(text="One two three")
    visitor.begin("openai/late-a", "google/late-b")
    visitor.wait_for_end()
    requests = HeldRequests(visitor.page, "**/turns/")
    visitor.follow_up_box.fill("And then?")
    visitor.page.keyboard.press("Control+Enter")
    request = requests.next()
    response = request.fetch()
    visitor.wait_for_end(turn=1)
    visitor.turn(1).locator(".vote", has_text="late-b").click()
    vote = visitor.turn(1).locator(".vote[aria-pressed=true]")
    expect(vote).to_contain_text("late-b")

    visitor.page.evaluate("document.querySelector('#comparison').dataset.kept = ''")
    visitor.page.evaluate("addEventListener('htmx:beforeSwap', () => { document.body.dataset.answered = '' })")

    request.fulfill(response=response)

    expect(visitor.page.locator("body[data-answered]")).to_have_count(1)
    expect(visitor.page.locator("#comparison[data-kept]")).to_have_count(1)
    expect(vote).to_contain_text("late-b")
    expect(visitor.follow_up_box).to_be_visible()


def test_a_vote_is_shown_though_its_form_has_left_the_page(visitor: Visitor, vendors: StandIn) -> None:
    vendors.scripts["broken"] = Script(text="Broken", end="cut")
    visitor.begin("openai/voted-for", "google/broken")
    visitor.wait_for_end()
    other = visitor.new_tab()
    requests = HeldRequests(visitor.page, "**/vote/")
    visitor.page.locator(".vote", has_text="voted-for").click()
    request = requests.next()
    vendors.scripts["broken"] = Script(text="Mended.")
    other.column(1).get_by_role("button", name="Try again").click()
    expect(visitor.page.locator(".vote", has_text="broken")).to_be_visible()

    request.continue_()

    expect(visitor.page.locator(".vote[aria-pressed=true]")).to_contain_text("voted-for")
    expect(visitor.follow_up_box).to_be_visible()


def test_a_vote_is_shown_though_the_whole_comparison_was_replaced(visitor: Visitor) -> None:
    visitor.begin("openai/replaced-a", "google/replaced-b")
    visitor.wait_for_end()
    requests = HeldRequests(visitor.page, "**/vote/")
    visitor.page.locator(".vote", has_text="replaced-a").click()
    request = requests.next()
    visitor.follow_up_box.fill("And then?")
    poll = {"target": "#comparison", "select": "#comparison", "swap": "outerHTML"}
    visitor.page.evaluate("(poll) => htmx.ajax('GET', location.pathname, poll)", poll)

    request.continue_()

    expect(visitor.page.locator(".vote[aria-pressed=true]")).to_contain_text("replaced-a")
    expect(visitor.follow_up_box).to_have_value("And then?")
