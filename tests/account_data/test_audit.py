from __future__ import annotations

import json

import pytest
from django.test import Client

from account_data.upload import IMPORTS
from accounts.audit import record
from accounts.models import Action, AuditEntry, User
from tests.account_data.conftest import PASSWORD, Person
from tests.account_data.test_http import ARCHIVE, HTMX, ME, page, upload
from tests.security.client import in_browser, in_program
from tests.security.error_shape import is_sentence

__all__ = ["page"]


def trail(user: User | None) -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(user=user).order_by("pk").values_list("action", "subject"))


def test_it_records_every_export(alice: Person) -> None:
    compared, chat = alice.compare("Which is best?").comparison, alice.say("one").conversation
    caller = in_program(alice.user)

    for path in (ARCHIVE, f"/api/v1/comparisons/{compared.public_id}/export?format=csv"):
        caller.ask("GET", path)
    caller.ask("GET", f"/api/v1/conversations/{chat.public_id}/export")

    subjects = ["everything", f"comparison {compared.public_id}", f"chat {chat.public_id}"]
    assert trail(alice.user) == [("exported", subject) for subject in subjects]


def test_it_records_a_successful_import(alice: Person, bob: Person) -> None:
    archive, caller = alice.export(), in_program(bob.user)

    bad = caller.send("POST", ARCHIVE, b"nonsense", "application/json")
    good = caller.send("POST", ARCHIVE, json.dumps(archive).encode(), "application/json")

    assert (bad.status, good.status) == (400, 201)
    assert trail(bob.user) == [("imported", "archive")]


@pytest.mark.parametrize("via", ["page", "API"])
def test_a_deleted_account_leaves_one_entry_without_a_user(alice: Person, bob: Person, via: str) -> None:
    record(Action.KEY_SET, user=bob.user, subject="openai")
    client = Client(REMOTE_ADDR="203.0.113.7")
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})

    if via == "page":
        client.post("/settings/delete/", {"password": PASSWORD})
    else:
        in_browser(alice.user).ask("DELETE", ME, {"password": PASSWORD})

    assert not User.objects.filter(username="alice").exists()
    left = AuditEntry.objects.exclude(user=bob.user).get()
    assert (left.action, left.user, left.subject, left.address) == ("account_deleted", None, "", "")
    assert trail(bob.user) == [("key_set", "openai")]


def test_it_limits_imports_and_says_when_to_try_again(bob: Person, page: Client) -> None:
    caller = in_program(bob.user)
    for _ in range(IMPORTS.amount):
        caller.send("POST", ARCHIVE, b"nonsense", "application/json")

    program = caller.send("POST", ARCHIVE, b"nonsense", "application/json")
    form = page.post("/settings/archive/", {"file": upload({})})
    htmx = page.post("/settings/archive/", {"file": upload({})}, headers=HTMX)

    assert [program.status, form.status_code, htmx.status_code] == [429] * 3
    waits = [program.headers["retry-after"], form.headers["Retry-After"], htmx.headers["Retry-After"]]
    assert all(0 < int(seconds) <= IMPORTS.seconds for seconds in waits)
    assert is_sentence(htmx.json()["error"]["message"])
    assert "Too many imports at once." in form.content.decode()
