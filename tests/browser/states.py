"""Walks through every page in every state that matters; each walk yields the name of the state that the page shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import expect

from tests.browser.answers import RICH
from tests.browser.visitor import Visitor
from tests.fake_providers import Script, StandIn

WIDE = f"{RICH}\n```sh\n{'echo wide; ' * 40}\n```\n\n|{' a wide column |' * 20}\n|{'--|' * 20}\n|{' cell |' * 20}\n"
CHAT = re.compile(r"/chat/[0-9a-f-]{36}/")
PLAIN_PAGES = (
    *("/history/", "/history/?search=nowhere", "/chat/", "/chat/list/", "/chat/list/?search=nowhere", "/saved/"),
    *(
        "/keys/",
        "/models/",
        "/settings/",
        "/settings/activity/",
        "/settings/usage/",
        "/accounts/password/change/",
        "/accounts/email/",
        "/accounts/2fa/",
    ),
    *("/accounts/logout/", "/nowhere/"),
)
ADMIN_PAGES = (
    "/admin/configuration/",
    *(
        "/admin/",
        "/admin/accounts/user/",
        "/admin/accounts/invitation/add/",
        "/admin/accounts/limits/add/",
        "/admin/generations/dailyusage/",
        "/admin/providers/endpoint/add/",
    ),
    *("/admin/providers/providerkey/", "/admin/providers/languagemodel/", "/admin/comparisons/comparison/"),
    *("/admin/comparisons/vote/", "/admin/conversations/conversation/", "/admin/presets/preset/"),
    *("/admin/presets/prompttemplate/", "/admin/generations/generation/", "/admin/accounts/apitoken/"),
    "/admin/accounts/auditentry/",
)


def of_strangers(visitor: Visitor) -> Iterator[str]:
    page = visitor.page
    for path in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/nowhere/"):
        visitor.go(path)
        yield f"signed out: {path}"
    visitor.go("/accounts/login/")
    page.locator("input[name=login]").fill("nobody")
    page.locator("input[name=password]").fill("nothing")
    page.locator("main").get_by_role("button", name="Sign in").click()
    expect(page.locator("main .error, main .errorlist").first).to_be_visible()
    yield "sign-in refused"
    visitor.go("/accounts/signup/")
    page.get_by_label("Username").fill("a@b")
    page.get_by_label("Email").fill("somebody@example.org")
    page.locator("input[name=password1]").fill("short")
    page.get_by_role("button", name="Create account").click()
    expect(page.locator("main .errorlist").first).to_be_visible()
    yield "sign-up refused"


def of_newcomers(visitor: Visitor) -> Iterator[str]:
    page = visitor.page
    visitor.go("/")
    yield "the empty form"
    page.get_by_text("System prompt and settings").click()
    yield "its settings"
    for menu in ("Sets", "Templates"):
        page.locator("summary", has_text=menu).click()
        yield f"its menu of {menu}"
        page.keyboard.press("Escape")
    page.locator("summary[aria-label^='Account menu']").click()
    yield "the account menu"
    page.keyboard.press("Escape")
    box = page.get_by_role("combobox", name="Model 1", exact=True)
    box.click()
    yield "the picker"
    box.fill("no such model")
    yield "the picker without a match"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator("#prompt-error")).not_to_be_empty()
    yield "the form with an error"
    for path in PLAIN_PAGES:
        visitor.go(path)
        yield path


def of_comparisons(visitor: Visitor, vendors: StandIn) -> Iterator[str]:
    page = visitor.page
    vendors.scripts["fails"] = Script(status=500)
    vendors.scripts["cut"] = Script(text="Half of", end="cut", at=1)
    vendors.scripts["thinks"] = Script(reasoning="Let me see. " * 90, text=WIDE, chunk_size=60)
    vendors.scripts["writes"] = writes = Script(text=WIDE, chunk_size=60, hold=5)
    vendors.scripts["connects"] = Script(first_delay=60)
    visitor.begin(
        *("openai/writes", "google/fails", "mistral/cut", "openai/thinks", "google/connects"), prompt="What? " * 400
    )
    for index, word in enumerate(("Writing", "Failed", "Failed", "Done", "Connecting")):
        expect(visitor.column(index).locator(".badge")).to_have_text(word)
    yield "answers that run"
    writes.release.set()
    visitor.column(4).get_by_role("button", name="Stop").click()
    visitor.wait_for_end()
    page.locator(".reasoning > summary:visible").first.click()
    yield "answers that have ended"
    page.locator(".vote").first.click()
    expect(page.locator(".vote[aria-pressed=true]")).to_have_count(1)
    yield "a vote"
    page.locator("summary", has_text="Export").click()
    yield "the export menu"
    visitor.column(0).locator(".column-menu > summary").click()
    yield "a column's menu"
    page.get_by_role("button", name="Markdown source").click()
    expect(visitor.column(0).locator(".source")).to_be_visible()
    yield "Markdown source"
    page.get_by_role("button", name="Compact").evaluate("(button) => button.click()")
    yield "compact columns"
    page.get_by_role("button", name="Wide").evaluate("(button) => button.click()")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    yield "the shortcuts"
    page.keyboard.press("Escape")


def of_the_history(visitor: Visitor) -> Iterator[str]:
    visitor.begin("demo/demo-swift", "demo/demo-swift", prompt="Something for the history")
    visitor.wait_for_end()
    visitor.go("/history/")
    yield "the history"
    visitor.page.get_by_role("link", name="Rename").first.click()
    expect(visitor.page.get_by_label("Title", exact=True)).to_be_visible()
    yield "renaming a comparison"
    visitor.page.get_by_role("link", name="Cancel").click()
    expect(visitor.page.get_by_label("Title", exact=True)).to_have_count(0)
    visitor.page.get_by_role("link", name="Delete").first.click()
    expect(visitor.page.get_by_role("link", name="Cancel")).to_be_visible()
    yield "deleting a comparison"


def of_chats(visitor: Visitor, vendors: StandIn) -> Iterator[str]:
    page = visitor.page
    vendors.scripts["chats"] = script = Script(reasoning="Hm.", text=WIDE, chunk_size=60, hold=5)
    visitor.go("/chat/?model=openai/chats")
    page.locator(".chat-settings > summary").click()
    yield "the settings of a chat"
    page.keyboard.press("Escape")
    page.get_by_label("Your message", exact=True).fill("What?")
    page.keyboard.press("Enter")
    page.wait_for_url(CHAT)
    expect(page.locator(".entry-answer .badge")).to_have_text("Writing")
    yield "a chat that runs"
    script.release.set()
    expect(page.locator(".entry-answer .badge")).to_have_text("Done")
    yield "a chat"
    page.get_by_role("button", name="Ask for another answer").click()
    expect(page.locator(".branches")).to_be_visible()
    expect(page.locator(".entry-answer .badge")).to_have_text("Done")
    yield "two versions"
    page.locator("summary[aria-label='Delete this message and its answers']").click()
    yield "deleting an exchange"
    page.keyboard.press("Escape")
    page.locator("summary[aria-label='Edit your message']").click()
    yield "editing a message"
    page.get_by_role("button", name="Cancel").click()
    item = page.locator(".chat-item").first
    item.locator("summary").click()
    yield "the menu of a chat"
    item.get_by_role("button", name="Delete").click()
    expect(page.locator(".chat-gone")).to_be_visible()
    yield "a chat that is gone"


def of_what_is_kept(visitor: Visitor) -> Iterator[str]:
    page = visitor.page
    models = [{"provider": "demo", "model": "demo-swift"}, {"provider": "demo", "model": "demo-thinker"}]
    visitor.account.api.post("/api/v1/presets", json={"name": "Two", "providers": models}).raise_for_status()
    visitor.account.api.post("/api/v1/prompt-templates", json={"name": "Ask", "text": "What is {{it}}?"})
    visitor.go("/saved/")
    for summary in page.locator("main summary").all():
        summary.click()
    yield "what is saved"
    visitor.go("/")
    page.locator("summary", has_text="Templates").click()
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("[data-variables]")).to_be_visible()
    yield "places to fill in"
    visitor.go("/keys/")
    card = page.locator("#key-deepseek")
    card.locator("summary").click()
    card.get_by_label("Key", exact=True).fill("sk-refused-1234")
    card.get_by_role("button", name="Save").click()
    expect(card.get_by_role("status")).to_contain_text("Saved.")
    card.get_by_role("button", name="Test the stored key").click()
    expect(card.get_by_role("status")).to_contain_text("refused")
    yield "a key that is refused"
    visitor.go("/models/")
    page.locator("#models-openai > summary").click()
    yield "a provider's models"
    visitor.go("/settings/")
    page.get_by_label("Name").fill("notebook")
    page.get_by_role("button", name="Create token").click()
    expect(page.locator("#new-token")).to_be_visible()
    yield "a new token"


def of_administrators(visitor: Visitor) -> Iterator[str]:
    for path in ADMIN_PAGES:
        visitor.go(path)
        yield path
        row = visitor.page.locator("#result_list tbody th a").first
        if row.count():
            row.click()
            expect(visitor.page.locator("#content h1")).to_be_visible()
            yield f"{path} opened"
