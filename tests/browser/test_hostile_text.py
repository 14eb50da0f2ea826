"""Text of models and users, and names of models, which pages show as text even if they look like HTML."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.answers import HOSTILE
from tests.browser.visitor import Visitor
from tests.fake_providers import Script, StandIn

NAME = '<img src=x onerror="window.injected=1">"><script>window.injected=2</script>'
DANGEROUS = (
    ":is(.column, .turn-prompt, .comparison-head, .vote-bar, .history-item) "
    ":is(script, style, iframe, img, object, embed, base, link, meta, input:not([type=hidden], [type=checkbox]),"
    " [onclick], [onerror], [onload], [style], [href^='javascript' i], .prose [id]:not([id^='text-']),"
    " .prose [hx-get], .prose [data-hx-get], .prose [hx-swap-oob], .prose form)"
)


def assert_inert(visitor: Visitor) -> None:
    assert visitor.page.locator(DANGEROUS).evaluate_all("(found) => found.map((element) => element.outerHTML)") == []
    assert visitor.page.evaluate("typeof window.injected") == "undefined"
    shape = visitor.page.evaluate(
        "[...document.querySelectorAll('.columns')].map((row) => [...row.children].map((column) => column.className))"
    )
    assert shape == [["column answer", "column answer", "column answer"]]
    expect(visitor.page.locator("#comparison")).to_have_count(1)
    expect(visitor.page.locator(".site-header")).to_be_visible()


@pytest.mark.parametrize("chunk_size", [3, 1000])
def test_it_runs_and_loads_nothing_of_it(visitor: Visitor, vendors: StandIn, chunk_size: int) -> None:
    vendors.default = script = Script(text=HOSTILE, reasoning=HOSTILE, chunk_size=chunk_size)
    script.hold = 2 * (len(HOSTILE) // chunk_size) - 5
    visitor.begin("openai/innocent", f"openai/{NAME}", "mistral/innocent", prompt=HOSTILE)

    expect(visitor.column(1).locator(".column-label")).to_have_text(NAME)
    expect(visitor.column(0).locator(".reasoning-text")).to_have_text(HOSTILE)
    assert_inert(visitor)
    script.release.set()
    visitor.wait_for_end()
    assert visitor.statuses == ["completed"] * 3
    assert_inert(visitor)
    expect(visitor.answer(0)).to_contain_text("The end.")
    expect(visitor.page.locator(".turn-prompt")).to_have_text(HOSTILE)
    live = visitor.columns
    visitor.page.reload()

    assert_inert(visitor)
    assert visitor.columns == live
    visitor.go("/history/")
    assert visitor.page.locator(DANGEROUS).count() == 0
    expect(visitor.page.locator(".history-item .badge").nth(1)).to_have_text(NAME)
    visitor.go("/")
    assert visitor.page.evaluate("typeof window.injected") == "undefined"


def test_it_runs_nothing_of_what_a_key_page_or_a_search_is_given(visitor: Visitor) -> None:
    visitor.go("/history/")

    visitor.page.get_by_label("Search your prompts").fill(NAME)
    visitor.page.get_by_label("Search your prompts").press("Enter")

    expect(visitor.page.get_by_role("heading", name="Nothing found")).to_contain_text(NAME)
    assert visitor.page.evaluate("typeof window.injected") == "undefined"
