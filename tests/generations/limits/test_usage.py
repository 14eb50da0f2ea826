from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Limits, User
from generations.models import DailyUsage

pytestmark = pytest.mark.usefixtures("redis")


@pytest.fixture
def browser(alice: User, client: Client) -> Client:
    client.force_login(alice)
    return client


def add_usage(user: User, key_source: str, tokens: int, cost: str) -> None:
    DailyUsage.objects.create(
        user=user, day=timezone.now().date(), key_source=key_source, tokens=tokens, cost=Decimal(cost)
    )


def test_it_says_that_nothing_was_used(browser: Client) -> None:
    page = browser.get("/settings/usage/").text

    assert "You have not used anything this month, and no budget applies to you." in page


def test_it_shows_what_was_used_and_what_is_left(alice: User, browser: Client) -> None:
    add_usage(alice, "server", 12_345, "1.25")
    Limits.objects.create(user=alice, dollars_per_day=5, tokens_per_month=100_000, max_running=4)

    page = browser.get("/settings/usage/").text
    body = browser.get("/api/v1/usage").json()

    assert "$3.75 left of $5.00" in page
    assert "87,655 left of 100,000 tokens" in page
    assert "0 of 4" in page
    day, month = body["periods"]
    assert (day["payer"], day["period"], day["cost"], day["dollars_left"]) == (
        "server",
        "day",
        "1.25000000",
        "3.75000000",
    )
    assert (month["tokens"], month["tokens_left"], month["dollars_left"]) == (12_345, 87_655, None)
    assert body["running"] == {"used": 0, "limit": 4}


def test_it_saves_a_budget_for_the_users_own_keys(alice: User, browser: Client) -> None:
    add_usage(alice, "user", 1000, "1.00")

    response = browser.post("/settings/usage/", {"own_dollars_per_day": "2.50", "own_dollars_per_month": ""})

    assert response.status_code == 302
    alice.refresh_from_db()
    assert (alice.own_dollars_per_day, alice.own_dollars_per_month) == (Decimal("2.50"), None)
    assert "$1.50 left of $2.50" in browser.get("/settings/usage/").text


@pytest.mark.parametrize("wrong", ["-1", "lots", "NaN", "1e20"])
def test_it_refuses_invalid_amounts(alice: User, browser: Client, wrong: str) -> None:
    response = browser.post("/settings/usage/", {"own_dollars_per_day": wrong})

    assert response.status_code == 400
    assert "errorlist" in response.text
    alice.refresh_from_db()
    assert alice.own_dollars_per_day is None
