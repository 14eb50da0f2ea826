"""Lists of the admin over many rows."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import Action, AuditEntry, User
from core import admin
from providers.models import Endpoint
from tests.support.costs import counted

LISTS = (
    "accounts/auditentry",
    "comparisons/comparison",
    "comparisons/vote",
    "conversations/conversation",
    "generations/generation",
)

TEXTS = re.compile(r'"(text|reasoning|timeline|request|past_attempts|system)"')


@pytest.fixture
def browser(db: None, client: Client) -> Client:
    client.force_login(User.objects.create_superuser("admin", "admin@example.org", None))
    return client


def test_it_counts_no_more_rows_than_it_pages_through(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "COUNTED", 150)
    AuditEntry.objects.bulk_create(AuditEntry(action=Action.SIGNED_IN) for _ in range(200))

    first, second, third = (browser.get("/admin/accounts/auditentry/", {"p": page}) for page in (1, 2, 3))

    assert [first.context["cl"].result_count, len(second.context["cl"].result_list)] == [150, 50]
    assert third.status_code == 302


@pytest.mark.parametrize("path", LISTS)
def test_no_list_looks_through_all_rows(browser: Client, path: str) -> None:
    with counted() as costs:
        assert browser.get(f"/admin/{path}/").status_code == 200

    for statement in costs.statements:
        assert "DISTINCT" not in statement, statement
        assert "MIN(" not in statement, statement
        assert "COUNT(" not in statement or "LIMIT" in statement, statement
        assert not TEXTS.search(statement), statement


def test_lists_are_filtered_by_provider(browser: Client) -> None:
    Endpoint.objects.create(slug="gpu-one", name="GPU one", base_url="http://gpu-1:8000/v1")

    page = browser.get("/admin/generations/generation/?provider=gpu-one")
    comparisons = browser.get("/admin/comparisons/comparison/?provider=openai")

    assert "GPU one" in page.content.decode()
    assert comparisons.status_code == 200
