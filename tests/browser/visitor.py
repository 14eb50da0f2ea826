"""A user of the pages: actions, and what the page shows."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.support import chromium, wait
from tests.support.live import Account, Live

# The columns of every turn, without the parts that may differ after a reload: form tokens, white space of the
# templates, and the marks that htmx sets while it works. The text of answers stays unchanged.
COLUMNS = """() => [...document.querySelectorAll("#comparison .columns")].map((columns) => {
  const copy = columns.cloneNode(true);
  copy.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => field.remove());
  for (const element of copy.querySelectorAll("*")) {
    element.classList.remove("htmx-swapping", "htmx-settling", "htmx-added", "htmx-request");
    if (element.getAttribute("class") === "") element.removeAttribute("class");
  }
  const walker = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    if (text.parentElement.closest(".prose, .reasoning-text")) continue;
    const trimmed = text.data.trim().replace(/\\s+/g, " ");
    if (trimmed) text.data = trimmed;
    else text.remove();
  }
  return copy.outerHTML;
})"""


class HeldRequests:
    """The requests of a page to some URLs, which stay unanswered until the test lets them go on."""

    def __init__(self, page: Page, url: str) -> None:
        self._page = page
        self._url = url
        self._routes: list[Route] = []
        chromium.intercept(page, url, lambda route: self._routes.append(route))

    def next(self) -> Route:
        """Wait for the next request, and return it."""
        # Playwright hears of requests only while it is called.
        wait.until(lambda: self._page.evaluate("1") and self._routes, f"nothing requested {self._url}")
        return self._routes.pop(0)


class Visitor:
    """One tab of a signed-in user."""

    def __init__(self, live: Live, account: Account, page: Page, problems: list[str]) -> None:
        self.live = live
        self.account = account
        self.page = page
        self.problems = problems

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def go(self, path: str) -> None:
        self.page.goto(f"{self.live.base_url}{path}")

    def new_tab(self, path: str = "") -> Visitor:
        """Open another tab of the same browser, at the same URL if no other is given."""
        tab = Visitor(self.live, self.account, self.context.new_page(), self.problems)
        tab.go(path or self.path)
        return tab

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.live.base_url)

    def choose(self, *models: str) -> None:
        """Choose these models on the compare page, with as many slots as that takes."""
        selects = self.page.locator("[data-slot]:visible select")
        expect(self.page.locator("[data-slots-more]")).to_have_count(0)
        while selects.count() < len(models):
            self.page.get_by_role("button", name="Add model").click()
        while selects.count() > len(models):
            self.page.get_by_role("button", name=f"Remove model {selects.count()}").click()
        for position, model in enumerate(models):
            selects.nth(position).select_option(model)

    @property
    def chosen(self) -> list[str]:
        return [select.input_value() for select in self.page.locator("[data-slot]:visible select").all()]

    def send(self, prompt: str) -> None:
        """Write a prompt into the compare page and send it."""
        self.page.get_by_label("Prompt", exact=True).fill(prompt)
        self.page.get_by_role("button", name="Compare").click()

    def follow_up(self, prompt: str) -> None:
        """Send a follow-up prompt to all models; return when the page shows the new turn."""
        self.follow_up_box.fill(prompt)
        turns = self.page.locator(".turn").count()
        with self.page.expect_response("**/turns/"):
            self.page.get_by_role("button", name="Send").click()
        expect(self.page.locator(".turn")).to_have_count(turns + 1)

    @property
    def follow_up_box(self) -> Locator:
        return self.page.get_by_label("Follow-up prompt to all models")

    def begin(self, *models: str, prompt: str = "What is it like?", **body: Any) -> None:
        """Start a comparison of any models, even ones outside the catalogue, and open it."""
        entries = [dict(zip(("provider", "model"), name.split("/", 1), strict=True)) for name in models]
        answer = self.account.api.post("/api/v1/comparisons", json={"prompt": prompt, "providers": entries, **body})
        assert answer.status_code == 201, answer.text
        self.go(f"/comparisons/{answer.json()['comparison_id']}/")

    def turn(self, number: int) -> Locator:
        return self.page.locator(f"#turn-{number}")

    def column(self, index: int, *, turn: int = 0) -> Locator:
        return self.turn(turn).locator(f'.column[data-index="{index}"]')

    def answer(self, index: int, *, turn: int = 0) -> Locator:
        return self.column(index, turn=turn).locator(".prose")

    def wait_for_text(self, index: int, text: str | re.Pattern[str], *, turn: int = 0) -> None:
        expect(self.answer(index, turn=turn)).to_have_text(text)

    def wait_for_end(self, *, turn: int = 0) -> None:
        """Wait until the page says that every answer of the turn has ended."""
        expect(self.turn(turn).locator(".turn-actions:not([data-running])")).to_have_count(1)

    def forgive(self, words: str) -> None:
        """Remove the browser errors that match ``words``, a regular expression: the test causes them on purpose."""
        self.problems[:] = [problem for problem in self.problems if not re.search(words, problem)]

    @property
    def statuses(self) -> list[str]:
        """The statuses of all columns, in their order."""
        return [str(column.get_attribute("data-status")) for column in self.page.locator(".column").all()]

    @property
    def columns(self) -> list[str]:
        """The HTML of each turn's columns, in a form that can be compared between tabs and reloads."""
        html: list[str] = self.page.evaluate(COLUMNS)
        return html
