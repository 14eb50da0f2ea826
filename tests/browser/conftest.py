"""The users of the pages, in one browser for all tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState, expect

from tests.browser.visitor import Visitor
from tests.fake_providers import StandIn
from tests.support import chromium
from tests.support.live import Account, Live

PATIENCE = 15_000
"""Milliseconds within which a page has to show what a test expects."""


@pytest.fixture(scope="package")
def shared_browser() -> Iterator[Browser]:
    with chromium.launched() as browser:
        expect.set_options(timeout=PATIENCE)
        yield browser
        expect.set_options(timeout=None)


@pytest.fixture(scope="package")
def alice(live: Live) -> Account:
    return live.register()


@pytest.fixture(scope="package")
def alices_session(live: Live, shared_browser: Browser, alice: Account) -> StorageState:
    """The cookies of Alice, who has signed in."""
    context = shared_browser.new_context()
    live.sign_in(context.new_page(), alice)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def visitor(
    live: Live,
    vendors: StandIn,
    shared_browser: Browser,
    alice: Account,
    alices_session: StorageState,
    browser_problems: list[str],
) -> Iterator[Visitor]:
    """Alice, with a fresh tab; a console error, uncaught exception or CSP violation fails the test."""
    context = shared_browser.new_context(
        storage_state=alices_session, permissions=["clipboard-read", "clipboard-write"], reduced_motion="reduce"
    )
    yield from _visiting(live, alice, context, browser_problems)


@pytest.fixture
def newcomer(live: Live, vendors: StandIn, shared_browser: Browser, browser_problems: list[str]) -> Iterator[Visitor]:
    """A new user without any data, signed in."""
    context = shared_browser.new_context()
    account = live.register()
    cookies = live.cookies_of(account)
    context.add_cookies([{"name": name, "value": value, "url": live.base_url} for name, value in cookies.items()])
    yield from _visiting(live, account, context, browser_problems)


@pytest.fixture
def administrator(live: Live, newcomer: Visitor) -> Visitor:
    """A new administrator, with data of every kind to look at in the admin."""
    live.make_administrator(newcomer.account)
    models = [{"provider": "openai", "model": "one"}, {"provider": "google", "model": "two"}]
    api = newcomer.account.api
    for path, body in (
        ("presets", {"name": "Two", "providers": models}),
        ("prompt-templates", {"name": "Ask", "text": "What is {{it}}?"}),
        ("tokens", {"name": "notebook"}),
    ):
        api.post(f"/api/v1/{path}", json=body).raise_for_status()
    api.put("/api/v1/keys/deepseek", json={"api_key": "sk-secret-1234"}).raise_for_status()
    done = api.post("/api/v1/compare", json={"prompt": "What?", "providers": models}).json()
    api.post(f"/api/v1/comparisons/{done['id']}/vote", json={"preferred_index": 0}).raise_for_status()
    return newcomer


def _visiting(live: Live, account: Account, context: BrowserContext, problems: list[str]) -> Iterator[Visitor]:
    context.set_default_timeout(PATIENCE)
    chromium.note_problems(context, problems)
    yield Visitor(live, account, context.pages[0] if context.pages else context.new_page(), problems)
    context.close()
    assert problems == []
