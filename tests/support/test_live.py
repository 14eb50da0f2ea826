from __future__ import annotations

import asyncio
from typing import Literal

import pytest
from django.db import connection
from playwright.sync_api import Page

from tests.support.live import Live


def test_it_shows_a_signed_in_page_to_a_browser(live: Live, browser_page: Page) -> None:
    account = live.register()

    live.sign_in(browser_page, account)

    assert account.api.get("/api/v1/auth/me").json()["username"] == account.username
    assert browser_page.evaluate("document.cookie.includes('sessionid')") is False
    assert "/login" not in browser_page.url


async def test_it_leaves_no_loop_behind_after_a_browser() -> None:
    await asyncio.sleep(0)

    assert asyncio.get_running_loop().is_running()


@pytest.mark.django_db
def test_it_leaves_the_database_to_synchronous_tests_after_a_browser() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")

        assert cursor.fetchone() == (1,)


def test_it_starts_a_new_worker_after_one_was_killed(live: Live) -> None:
    live.kill_worker()

    live.start_worker()
    live.wait_until_ready()

    assert live.worker is not None
    assert live.worker.poll() is None


@pytest.mark.parametrize(
    ("event", "script"),
    [
        ("console", "console.error('broken')"),
        ("weberror", "setTimeout(() => { throw new Error('broken') })"),
        ("console", "document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">broken</p>')"),
    ],
)
def test_it_notes_every_error_of_a_browser(
    live: Live, browser_page: Page, browser_problems: list[str], event: Literal["console", "weberror"], script: str
) -> None:
    browser_page.goto(f"{live.base_url}/accounts/login/")

    with browser_page.context.expect_event(event):
        browser_page.evaluate(script)

    assert len(browser_problems) == 1
    browser_problems.clear()
