from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.frontend.conftest import Render
from tests.frontend.samples import (
    COMPARISON_ID,
    Slot,
    Turn,
    compare_context,
    completed,
    detail_context,
    history_context,
)
from tests.frontend.server import Answer, PageServer
from tests.support import chromium

DETAIL = f"/comparisons/{COMPARISON_ID}/"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium.launched() as browser:
        yield browser


@pytest.fixture
def server(render: Render) -> Iterator[PageServer]:
    pages = {
        "/": render("comparisons/compare.html", compare_context()),
        "/history/": render("comparisons/history.html", history_context()),
        DETAIL: render("comparisons/comparison_detail.html", detail_context(running_turn())),
    }
    with PageServer(pages) as server:
        yield server


@pytest.fixture
def reader(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


def running_turn() -> Turn:
    empty = mark_safe("")
    return Turn(
        [Slot(0, "streaming", html=empty, reasoning="Hm.", phase="thinking"), Slot(1, "streaming", html=empty)],
        running=True,
    )


def ended_turn() -> Turn:
    return Turn([completed(0, reasoning="Hm. Yes."), completed(1)], can_vote=True)


def select_values(page: Page) -> list[str]:
    return [select.input_value() for select in page.locator("[data-slot]:visible select").all()]


def test_it_shows_only_the_slots_in_use(server: PageServer, reader: Page) -> None:
    reader.goto(server.url)

    expect(reader.locator("[data-slots-more]")).to_have_count(0)
    assert select_values(reader) == ["demo/demo-swift", "openai/gpt-5", "openai/gpt-5"]


def test_it_adds_and_removes_slots_and_numbers_them_anew(server: PageServer, reader: Page) -> None:
    reader.goto(server.url)

    reader.get_by_role("button", name="Add model").click()
    reader.locator("[data-slot]:visible select").nth(3).select_option("demo/demo-scholar")
    reader.get_by_role("button", name="Remove model 2").click()

    assert select_values(reader) == ["demo/demo-swift", "openai/gpt-5", "demo/demo-scholar"]
    expect(reader.get_by_label("Model 3", exact=True)).to_have_value("Demo Scholar")


def test_it_never_goes_below_two_slots_or_above_eight(server: PageServer, reader: Page) -> None:
    reader.goto(server.url)

    reader.get_by_role("button", name="Remove model 3").click()
    expect(reader.locator("[data-slot-remove]:visible")).to_have_count(0)
    for _ in range(6):
        reader.get_by_role("button", name="Add model").click()

    expect(reader.locator("[data-slot]:visible")).to_have_count(8)
    expect(reader.get_by_role("button", name="Add model")).to_be_hidden()


def test_it_sends_with_ctrl_enter_what_is_filled_in(server: PageServer, reader: Page) -> None:
    server.answer = Answer(server.pages["/"].replace('id="prompt-error">', 'id="prompt-error">Write more.'), 422)
    reader.goto(server.url)

    reader.get_by_label("Prompt", exact=True).fill("Hello")
    reader.keyboard.press("Control+Enter")

    expect(reader.locator("#prompt-error")).to_have_text("Write more.")
    assert server.posted[0]["prompt"] == ["Hello"]
    assert server.posted[0]["models"] == ["demo/demo-swift", "openai/gpt-5", "openai/gpt-5"]
    assert select_values(reader) == ["demo/demo-swift", "openai/gpt-5", "openai/gpt-5"]


def test_it_shows_a_refusal_as_a_notice(server: PageServer, reader: Page) -> None:
    server.answer = Answer('{"error": {"code": "conflict", "message": "Wait for its end."}}', 409, "application/json")
    reader.goto(server.url)

    reader.get_by_label("Prompt", exact=True).fill("Hello")
    reader.get_by_role("button", name="Compare").click()

    expect(reader.get_by_role("alert")).to_contain_text("Wait for its end.")
    expect(reader.get_by_label("Prompt", exact=True)).to_have_value("Hello")


def test_it_remembers_the_theme(server: PageServer, reader: Page) -> None:
    reader.goto(server.url)

    reader.get_by_label("Account menu of alice").click()
    reader.get_by_role("button", name="Dark").click()
    reader.reload()

    expect(reader.locator("html")).to_have_attribute("data-theme", "dark")
    expect(reader.locator("[data-theme-choice=dark]")).to_have_attribute("aria-pressed", "true")


def test_it_closes_the_menu_with_escape(server: PageServer, reader: Page) -> None:
    reader.goto(server.url)
    reader.get_by_label("Account menu of alice").click()

    reader.keyboard.press("Escape")

    expect(reader.get_by_role("button", name="Sign out")).to_be_hidden()


def test_it_asks_for_the_page_where_no_socket_gets_through(server: PageServer, render: Render, reader: Page) -> None:
    reader.clock.install()
    reader.goto(server.url + DETAIL)
    reader.locator("summary", has_text="Reasoning").first.click()
    ended = render("comparisons/comparison_detail.html", detail_context(ended_turn()))

    reader.clock.run_for(6_000)
    expect(reader.locator("html")).to_have_attribute("data-connection", "polling")
    server.pages[DETAIL] = ended
    reader.clock.run_for(3_000)

    expect(reader.locator("[data-status=completed].column")).to_have_count(2)
    expect(reader.locator("html")).not_to_have_attribute("data-connection", re.compile(".*"))
    expect(reader.get_by_text("Hm. Yes.")).to_be_visible()


def test_it_swaps_in_what_the_socket_sends(server: PageServer, render: Render, reader: Page) -> None:
    sockets: list[WebSocketRoute] = []
    reader.route_web_socket(re.compile("/ws/"), lambda socket: sockets.append(socket))
    reader.goto(server.url + DETAIL)
    reader.locator("summary", has_text="Reasoning").first.click()
    text_id = f"text-{completed(0).result_id}"

    sockets[0].send(f'<div hx-swap-oob="beforeend:#{text_id}"><p>First words</p></div>')
    expect(reader.get_by_text("First words")).to_be_visible()
    sockets[0].send(render_to_string("comparisons/_column.html", {"slot": completed(0, reasoning="Yes."), "oob": True}))

    expect(reader.locator(f"#{text_id}")).to_contain_text("A monad is a way")
    expect(reader.get_by_text("Yes.")).to_be_visible()
    expect(reader.locator("#announcements")).to_have_text("GPT-5 has answered")
    assert len(sockets) == 1


def test_it_counts_the_seconds_while_a_column_runs(server: PageServer, reader: Page) -> None:
    reader.clock.install()
    reader.goto(server.url + DETAIL)

    reader.clock.run_for(2_000)

    expect(reader.locator(".elapsed").first).to_have_text(re.compile(r"^2\.\d s$"))


def test_it_says_it_thinks_until_the_first_word(server: PageServer, reader: Page) -> None:
    reader.goto(server.url + DETAIL)
    column = reader.locator(".column").first
    expect(column.get_by_text("Thinking for")).to_be_visible()

    reader.evaluate("document.querySelector('.prose').innerHTML = '<p>Hello</p>'")

    expect(column.get_by_text("Thinking for")).to_be_hidden()


def test_it_copies_a_code_block_and_an_answer(server: PageServer, render: Render, reader: Page) -> None:
    server.pages[DETAIL] = render("comparisons/comparison_detail.html", detail_context(ended_turn(), live=False))
    reader.goto(server.url + DETAIL)

    reader.locator(".code-block [data-copy]").first.click()
    expect(reader.locator(".code-block [data-copy]").first).to_have_text("Copied")
    code = reader.evaluate("navigator.clipboard.readText()")
    reader.get_by_role("button", name="Copy the answer").first.click()
    expect(reader.locator("[data-copy-label]").first).to_have_text("Copied")
    answer = reader.evaluate("navigator.clipboard.readText()")

    assert code.startswith("half :: Int -> Maybe Int")
    assert "A monad is a way" in answer


@pytest.mark.parametrize("path", ["/", "/history/", DETAIL])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_it_fits_the_screen_and_the_policy(
    server: PageServer, render: Render, reader: Page, path: str, width: int
) -> None:
    server.pages[DETAIL] = render("comparisons/comparison_detail.html", detail_context(ended_turn(), live=False))
    complaints: list[str] = []
    reader.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    reader.on("pageerror", lambda error: complaints.append(str(error)))
    reader.set_viewport_size({"width": width, "height": 800})

    reader.goto(server.url + path)
    too_wide = reader.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    assert too_wide <= 0
    assert complaints == []
