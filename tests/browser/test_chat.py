"""Chats with one model on the real page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, StorageState, expect

from tests.browser.answers import HOSTILE, RICH
from tests.browser.visitor import HeldRequests, Visitor
from tests.fake_providers import Script, StandIn
from tests.support import chromium
from tests.support.live import Account, Live

TEXT = "one two three four five six seven"
BEGUN = "one two "


class Chatter:
    """A user of the chat page."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page: Page = visitor.page

    def begin(self, message: str, model: str = "openai/m") -> None:
        """Start a chat with any model, even one outside the catalogue, and open it."""
        self.visitor.go(f"/chat/?model={model}")
        self.send(message)
        self.page.wait_for_url(re.compile(r"/chat/[0-9a-f-]{36}/"))

    def send(self, message: str) -> None:
        self.box.fill(message)
        self.box.press("Enter")

    @property
    def box(self) -> Locator:
        return self.page.get_by_label("Your message", exact=True)

    @property
    def prompts(self) -> Locator:
        return self.page.locator(".entry-text")

    @property
    def answers(self) -> Locator:
        return self.page.locator(".entry-answer .prose")

    @property
    def badges(self) -> Locator:
        return self.page.locator(".entry-answer .badge")

    def expect_done(self, *answers: str) -> None:
        """Expect these answers, in this order, and none that still runs."""
        expect(self.badges).to_have_text(["Done"] * len(answers))
        expect(self.answers).to_have_text(list(answers))
        expect(self.page.get_by_role("button", name="Send", exact=True).last).to_be_visible()

    def entry(self, index: int) -> Locator:
        return self.page.locator(".entry").nth(index)

    def edit(self, index: int, message: str) -> None:
        self.entry(index).hover()
        self.entry(index).locator("[data-edit] > summary").click()
        area = self.entry(index).get_by_label("Your message, edited")
        area.fill(message)
        area.press("Enter")

    def press(self, index: int, name: str) -> None:
        self.entry(index).hover()
        self.entry(index).get_by_role("button", name=name, exact=True).click()

    @property
    def html(self) -> list[str]:
        """The HTML of the entries, without the parts that may differ after a reload."""
        told: list[str] = self.page.evaluate(
            """() => [...document.querySelectorAll(".entry")].map((entry) => {
              const copy = entry.cloneNode(true);
              copy.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => field.remove());
              for (const each of copy.querySelectorAll("*")) {
                each.classList.remove("htmx-swapping", "htmx-settling", "htmx-added", "htmx-request");
                if (each.getAttribute("class") === "") each.removeAttribute("class");
              }
              return copy.innerHTML.replace(/\\s+/g, " ");
            })"""
        )
        return told


@pytest.fixture
def chatter(visitor: Visitor) -> Chatter:
    return Chatter(visitor)


@pytest.fixture
def without_scripts(
    live: Live, vendors: StandIn, shared_browser: Browser, alice: Account, alices_session: StorageState
) -> Iterator[Chatter]:
    context = shared_browser.new_context(storage_state=alices_session, java_script_enabled=False)
    yield Chatter(Visitor(live, alice, context.new_page(), []))
    context.close()


def test_it_streams_an_answer_and_goes_on(chatter: Chatter, vendors: StandIn) -> None:
    vendors.default = script = Script(text=TEXT, hold=2)
    chatter.begin("Count.")

    expect(chatter.answers).to_have_text([BEGUN.strip()])
    expect(chatter.badges).to_have_text(["Writing"])
    chatter.box.fill("typed meanwhile")
    script.release.set()
    chatter.expect_done(TEXT)
    expect(chatter.box).to_have_value("typed meanwhile")
    chatter.box.press("Enter")
    chatter.expect_done(TEXT, TEXT)

    expect(chatter.prompts).to_have_text(["Count.", "typed meanwhile"])
    expect(chatter.box).to_have_value("")
    live = chatter.html
    chatter.page.reload()
    assert chatter.html == live


def test_shift_and_enter_break_the_line(chatter: Chatter) -> None:
    chatter.visitor.go("/chat/")

    chatter.box.fill("first")
    chatter.box.press("Shift+Enter")
    chatter.box.press_sequentially("second")

    expect(chatter.box).to_have_value("first\nsecond")
    assert urlsplit(chatter.page.url).path == "/chat/"


def test_what_is_typed_survives_a_reload(chatter: Chatter, vendors: StandIn) -> None:
    vendors.default = Script(text="Yes.")
    chatter.begin("Is it?")
    chatter.expect_done("Yes.")

    chatter.box.fill("half a thou")
    chatter.page.reload()
    expect(chatter.box).to_have_value("half a thou")
    chatter.box.press("Enter")
    chatter.expect_done("Yes.", "Yes.")
    chatter.page.reload()

    expect(chatter.box).to_have_value("")


def test_it_stops_and_goes_on_from_there(chatter: Chatter, vendors: StandIn) -> None:
    vendors.scripts["halts"] = Script(text=TEXT, end="stall", at=2)
    chatter.begin("Count.", "openai/halts")
    expect(chatter.answers).to_have_text([BEGUN.strip()])

    chatter.page.get_by_role("button", name="Stop").click()
    vendors.wait_for_request(model="halts").wait_until_disconnected()
    expect(chatter.badges).to_have_text(["Stopped"])
    vendors.scripts["halts"] = Script(text="And on.")
    chatter.send("Go on.")

    expect(chatter.answers).to_have_text([BEGUN.strip(), "And on."])
    expect(chatter.page.locator(".outcome")).to_contain_text("You stopped this answer.")
    told = vendors.wait_for_request(model="halts", number=2).body["input"]
    assert [message["content"] for message in told] == ["Count.", BEGUN, "Go on."]


def test_a_closed_tab_loses_nothing(chatter: Chatter, vendors: StandIn) -> None:
    vendors.default = script = Script(text=RICH, chunk_size=20, hold=3)
    chatter.begin("Tell me about fractions.")
    expect(chatter.answers).to_contain_text("first paragraph")
    path = chatter.visitor.path
    chatter.page.goto("about:blank")

    script.release.set()
    chatter.visitor.go(path)

    expect(chatter.answers).to_contain_text("The end.")
    expect(chatter.badges).to_have_text(["Done"])


def test_two_tabs_show_the_same_stream(chatter: Chatter, vendors: StandIn) -> None:
    vendors.default = Script(text="First.")
    chatter.begin("Begin.")
    chatter.expect_done("First.")
    other = Chatter(chatter.visitor.new_tab())
    other.expect_done("First.")
    vendors.default = script = Script(text=TEXT, hold=2)

    chatter.page.bring_to_front()
    chatter.send("Count.")
    expect(chatter.answers).to_have_text(["First.", BEGUN.strip()])
    expect(other.answers).to_have_text(["First.", BEGUN.strip()])
    script.release.set()

    for tab in (chatter, other):
        tab.expect_done("First.", TEXT)
    assert chatter.html == other.html


def test_editing_and_asking_again_keep_what_was_there(chatter: Chatter, vendors: StandIn) -> None:
    vendors.default = Script(text="A1")
    chatter.begin("Q1")
    chatter.expect_done("A1")
    vendors.default = Script(text="A2")
    chatter.edit(0, "Q2")
    chatter.expect_done("A2")
    vendors.default = Script(text="A3")
    chatter.press(1, "Ask for another answer")
    chatter.expect_done("A3")

    expect(chatter.prompts).to_have_text(["Q2"])
    expect(chatter.entry(0).locator(".branches")).to_have_text(re.compile(r"2/2"))
    expect(chatter.entry(1).locator(".branches")).to_have_text(re.compile(r"2/2"))
    chatter.press(1, "Earlier version")
    expect(chatter.answers).to_have_text(["A2"])
    chatter.press(0, "Earlier version")
    expect(chatter.answers).to_have_text(["A1"])
    expect(chatter.prompts).to_have_text(["Q1"])
    chatter.page.reload()
    expect(chatter.answers).to_have_text(["A1"])


def test_it_asks_the_model_that_is_chosen(chatter: Chatter, vendors: StandIn) -> None:
    chatter.begin("Who are you?", "openai/first")
    chatter.expect_done("Hello from first: ça va, 世界 🌍!")

    google = chatter.page.locator("#model option[value^='google/']").first
    chatter.page.locator("#model").select_option(google.get_attribute("value"))
    chatter.send("And you?")
    expect(chatter.badges).to_have_text(["Done", "Done"])
    chatter.press(1, "Ask for another answer")
    expect(chatter.page.locator(".entry-answer h2")).to_have_text([google.inner_text()])

    expect(chatter.entry(1).locator(".branches")).to_have_text(re.compile("2/2"))


def test_a_failure_is_said_and_retried(chatter: Chatter, vendors: StandIn) -> None:
    vendors.scripts["fragile"] = Script(text=TEXT, end="cut", at=2)
    chatter.begin("Count.", "openai/fragile")
    expect(chatter.badges).to_have_text(["Failed"])
    expect(chatter.page.locator(".outcome")).to_contain_text("OpenAI")
    vendors.scripts["fragile"] = Script(text="This time.")

    chatter.page.get_by_role("button", name="Try again").click()

    chatter.expect_done("This time.")
    expect(chatter.page.locator(".outcome")).to_have_count(0)


def test_a_failure_shows_what_the_vendor_said(chatter: Chatter, vendors: StandIn) -> None:
    said = "Choose a <b>policy</b> at https://openrouter.ai/settings/privacy."
    vendors.scripts["fragile"] = Script(status=404, body=json.dumps({"error": {"message": said}}))
    chatter.begin("Count.", "openai/fragile")
    expect(chatter.badges).to_have_text(["Failed"])

    chatter.page.get_by_text("Message from OpenAI").click()

    expect(chatter.page.locator(".vendor-message p")).to_have_text(said)
    link = chatter.page.locator(".vendor-message a")
    expect(link).to_have_attribute("href", "https://openrouter.ai/settings/privacy")
    expect(link).to_have_attribute("target", "_blank")


def test_deleting_an_exchange_leaves_the_rest(chatter: Chatter, vendors: StandIn) -> None:
    vendors.default = Script(text="Yes.")
    chatter.begin("One?")
    chatter.expect_done("Yes.")
    chatter.send("Two?")
    chatter.expect_done("Yes.", "Yes.")

    chatter.entry(0).hover()
    chatter.entry(0).locator("summary[aria-label='Delete this message and its answers']").click()
    chatter.entry(0).get_by_role("button", name="Delete", exact=True).click()

    expect(chatter.prompts).to_have_text(["Two?"])


def test_the_list_finds_renames_deletes_and_brings_back(newcomer: Visitor, vendors: StandIn) -> None:
    chatter = Chatter(newcomer)
    vendors.default = Script(text="Yes.")
    for message in ("apples", "pears"):
        chatter.begin(message)
        chatter.expect_done("Yes.")
    titles = chatter.page.locator(".chat-item > a")
    expect(titles).to_have_text(["Yes", "Yes"])

    item = chatter.page.locator(".chat-item").first
    item.hover()
    item.locator("summary").click()
    item.get_by_label("Title").fill("Fruit")
    item.get_by_role("button", name="Rename").click()
    expect(titles.first).to_have_text("Fruit")
    chatter.page.get_by_label("Search your chats").fill("apples")
    expect(titles).to_have_count(1)
    chatter.page.get_by_label("Search your chats").fill("")
    expect(titles).to_have_count(2)
    item.hover()
    item.locator("summary").click()
    item.get_by_role("button", name="Delete").click()
    expect(chatter.page.locator(".chat-gone")).to_contain_text("This chat was deleted.")
    chatter.page.locator(".chat-discarded").get_by_role("button", name="Undo").click()
    expect(titles.first).to_have_text("Fruit")
    chatter.page.reload()

    chatter.expect_done("Yes.")


def test_a_title_that_was_typed_at_once_stays(newcomer: Visitor, vendors: StandIn) -> None:
    chatter = Chatter(newcomer)
    vendors.default = Script(text="Yes.")
    chatter.begin("apples")
    chatter.expect_done("Yes.")

    typed = chatter.page.evaluate(
        """() => new Promise((resolve) => {
          const menu = document.querySelector(".chat-item > .menu");
          const field = menu.querySelector("[name=title]");
          menu.addEventListener("toggle", () => resolve(field.value));
          menu.open = true;
          field.value = "Fruit";
        })"""
    )

    assert typed == "Fruit"


def test_the_next_message_can_be_written_while_one_is_sent(chatter: Chatter, vendors: StandIn) -> None:
    vendors.default = Script(text="Yes.")
    chatter.begin("One.")
    chatter.expect_done("Yes.")
    messages = HeldRequests(chatter.page, "**/messages/")

    chatter.send("Two.")
    expect(chatter.box).to_have_value("")
    chatter.box.press("Enter")
    chatter.box.press_sequentially("Three.")
    messages.next().continue_()

    chatter.expect_done("Yes.", "Yes.")
    expect(chatter.box).to_have_value("Three.")
    chatter.box.press("Enter")
    refused = messages.next()
    chatter.box.fill("Four.")
    refused.abort()
    expect(chatter.box).to_have_value("Three.\nFour.")
    expect(chatter.prompts).to_have_text(["One.", "Two."])
    chatter.page.reload()
    expect(chatter.box).to_have_value("Three.\nFour.")
    chatter.visitor.forgive("htmx:(afterRequest|sendError)|ERR_FAILED")


def test_news_that_are_late_do_not_swallow_the_message_that_was_sent(chatter: Chatter, vendors: StandIn) -> None:
    vendors.default = Script(text="First.")
    chatter.begin("Begin.")
    chatter.expect_done("First.")
    requests = HeldRequests(chatter.page, "**/news/**")
    chatter.page.evaluate("document.querySelector('#live').dataset.shown = '-'")
    chatter.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    news = requests.next()
    response = news.fetch()

    def send_after_the_news(route: Route) -> None:
        news.fulfill(response=response)
        route.continue_()

    chromium.intercept(chatter.page, "**/messages/", send_after_the_news)
    chatter.send("Count.")

    chatter.expect_done("First.", "First.")
    expect(chatter.prompts).to_have_text(["Begin.", "Count."])


def test_another_tab_says_that_the_chat_was_deleted(visitor: Visitor, vendors: StandIn) -> None:
    chatter = Chatter(visitor)
    vendors.default = Script(text="Yes.")
    chatter.begin("apples")
    chatter.expect_done("Yes.")
    tab = visitor.new_tab().page
    item = tab.locator(".chat-item").first
    item.hover()
    item.locator("summary").click()
    item.get_by_role("button", name="Delete").click()
    expect(tab.locator(".chat-gone")).to_be_visible()

    chatter.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(chatter.page.locator(".chat-gone")).to_contain_text("This chat was deleted.")
    chatter.page.locator(".chat-gone").get_by_role("button", name="Undo").click()
    chatter.expect_done("Yes.")


def test_a_new_title_disturbs_nobody_at_work(visitor: Visitor, vendors: StandIn) -> None:
    chatter = Chatter(visitor)
    vendors.default = Script(text="Yes.")
    chatter.begin("apples")
    chatter.expect_done("Yes.")
    expect(chatter.page.locator("#chat-head h1")).to_have_text("Yes")
    chatter.page.locator("summary[aria-label='Edit your message']").click()
    edited = chatter.page.locator("[data-edit] textarea")
    expect(edited).to_be_focused()
    edited.fill("apples and")
    item = chatter.page.locator(".chat-item").first
    item.hover()
    item.locator("summary").click()

    address = f"/api/v1/conversations/{chatter.page.url.rstrip('/').rsplit('/', 1)[1]}"
    visitor.account.api.patch(address, json={"title": "Fruit"}).raise_for_status()
    chatter.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(chatter.page.locator("#chat-head h1")).to_have_text("Fruit")
    expect(item.locator("> a")).to_have_text("Fruit")
    expect(edited).to_have_value("apples and")
    expect(item.get_by_role("button", name="Delete")).to_be_visible()
    item.locator("summary").click()
    item.locator("summary").click()
    expect(item.get_by_label("Title")).to_have_value("Fruit")
    item.get_by_role("button", name="Delete").click()
    expect(chatter.page.locator(".chat-gone")).to_be_visible()


def test_a_long_conversation_comes_in_parts(visitor: Visitor, vendors: StandIn) -> None:
    chatter = Chatter(visitor)
    vendors.default = Script(text="ok")
    answer = visitor.account.api.post(
        "/api/v1/chat", json={"message": "message 0", "provider": "openai", "model": "m"}
    ).json()
    for number in range(1, 25):
        visitor.account.api.post(
            "/api/v1/chat", json={"message": f"message {number}", "conversation_id": answer["conversation_id"]}
        ).raise_for_status()

    visitor.go(f"/chat/{answer['conversation_id']}/")
    expect(chatter.prompts).to_have_count(15)
    expect(chatter.prompts.last).to_be_in_viewport()
    seen = chatter.prompts.first.inner_text()
    chatter.page.evaluate("window.scrollTo(0, 0)")

    expect(chatter.prompts).to_have_count(25)
    expect(chatter.prompts.first).to_have_text("message 0")
    expect(chatter.prompts.get_by_text(seen, exact=True)).to_be_in_viewport()

    first = chatter.page.locator(".entry-prompt").first
    first.hover()
    first.locator("summary[aria-label='Edit your message']").click()
    first.get_by_label("Your message, edited").fill("message 0, said otherwise")
    first.get_by_role("button", name="Send").click()
    expect(chatter.prompts).to_have_text(["message 0, said otherwise"])


def test_hostile_text_is_text(chatter: Chatter, vendors: StandIn) -> None:
    vendors.default = Script(text=HOSTILE, chunk_size=7)

    chatter.begin(HOSTILE)
    expect(chatter.badges).to_have_text(["Done"])
    chatter.page.reload()

    assert chatter.page.evaluate("typeof window.injected") == "undefined"
    expect(chatter.prompts).to_have_text(HOSTILE)
    expect(chatter.answers).to_contain_text("The end.")


def test_where_no_stream_gets_through_it_looks_for_news(chatter: Chatter, vendors: StandIn) -> None:
    vendors.default = script = Script(text=TEXT, hold=2)
    chromium.intercept(chatter.page, re.compile("/sse/"), lambda route: route.abort())
    chatter.begin("Count.")
    expect(chatter.page.get_by_text("The live connection is down.")).to_be_visible()

    script.release.set()

    chatter.expect_done(TEXT)
    expect(chatter.page.get_by_text("The live connection is down.")).to_be_hidden()
    chatter.visitor.forgive("ERR_FAILED|sseError|object Event")


def test_it_works_without_scripts(without_scripts: Chatter, vendors: StandIn) -> None:
    page = without_scripts.page
    vendors.default = Script(text="Plain.")
    without_scripts.visitor.go("/chat/?model=openai/m")

    without_scripts.box.fill("Hello?")
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(re.compile(r"/chat/[0-9a-f-]{36}/"))
    without_scripts.expect_done("Plain.")
    without_scripts.box.fill("Again?")
    page.get_by_role("button", name="Send", exact=True).last.click()
    without_scripts.expect_done("Plain.", "Plain.")

    expect(without_scripts.prompts).to_have_text(["Hello?", "Again?"])


def test_a_message_that_cannot_be_sent_stays_where_it_was_typed(chatter: Chatter) -> None:
    chatter.visitor.go("/chat/?model=mistral/m")
    chatter.page.locator("#model").evaluate("(select) => { select.options[select.selectedIndex].value = 'nobody/m' }")

    chatter.send("Hello?")

    expect(chatter.page.locator("#notices")).to_contain_text("There is no provider")
    expect(chatter.box).to_have_value("Hello?")
    chatter.visitor.forgive("status of 400|Status Error Code 400")


def test_an_answer_of_a_comparison_goes_on_as_a_chat(visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = Script(text="Compared.")
    visitor.begin("openai/first", "google/winner", prompt="Who wins?")
    visitor.wait_for_end()
    before, path = visitor.columns, visitor.path

    visitor.column(1).get_by_role("button", name="in a chat").click()
    visitor.page.wait_for_url(re.compile(r"/chat/[0-9a-f-]{36}/"))
    chatter = Chatter(visitor)
    vendors.default = Script(text="Alone.")
    chatter.send("And then?")
    chatter.expect_done("Compared.", "Alone.")

    expect(chatter.prompts).to_have_text(["Who wins?", "And then?"])
    expect(chatter.page.locator(".entry-answer h2")).to_have_text(["winner", "winner"])
    visitor.go(path)
    assert visitor.columns == before


def test_a_chat_goes_on_as_a_comparison(chatter: Chatter, vendors: StandIn) -> None:
    vendors.default = Script(text="So it is.")
    chatter.begin("Is it so?")
    chatter.expect_done("So it is.")

    chatter.page.get_by_role("button", name="Compare from here").click()
    expect(chatter.page.locator(".composer-continued")).to_contain_text("All models start with")
    chatter.visitor.choose("openai/gpt-5.5", "google/gemini-3.8-flash")
    chatter.visitor.send("And you?")
    chatter.visitor.wait_for_end()

    expect(chatter.page.locator("#shared-history")).to_contain_text("All columns start with 2 messages of a chat")
    told = vendors.wait_for_request(model="gpt-5.5").body["input"]
    assert [message["content"] for message in told] == ["Is it so?", "So it is.", "And you?"]


def test_a_saved_set_fills_the_composer(newcomer: Visitor, vendors: StandIn) -> None:
    chatter = Chatter(newcomer)
    newcomer.go("/chat/?model=openai/m")
    chatter.page.locator(".chat-settings > summary").click()
    chatter.page.get_by_label("System prompt", exact=True).fill("Be brief.")
    chatter.page.get_by_label("Save model and settings as a set").fill("Short")
    chatter.page.locator("#chat-presets").get_by_role("button", name="Save").click()
    expect(chatter.page.locator("#chat-presets")).to_contain_text("Saved as the set “Short”.")

    newcomer.go("/chat/")
    chatter.page.locator(".chat-settings > summary").click()
    chatter.page.get_by_role("link", name="Short").click()
    chatter.send("Hello?")
    chatter.page.wait_for_url(re.compile(r"/chat/[0-9a-f-]{36}/"))
    expect(chatter.badges).to_have_text(["Done"])

    assert vendors.wait_for_request(model="m").body["instructions"] == "Be brief."
