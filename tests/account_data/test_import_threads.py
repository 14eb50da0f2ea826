from __future__ import annotations

from threading import Event, current_thread

import pytest
from django.test import Client

from account_data import import_threads
from account_data.import_threads import AT_ONCE, MOST_WAITING
from account_data.services import ImportResult
from tests.account_data.conftest import Person
from tests.account_data.test_http import ARCHIVE, upload
from tests.security.client import in_program
from tests.security.error_shape import refusal


def test_two_imports_run_at_once_and_more_than_wait_are_refused(bob: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = [], Event()

    def slow(**_: object) -> ImportResult:
        begun.append(current_thread().name)
        assert go_on.wait(20)
        return ImportResult()

    monkeypatch.setattr(import_threads, "import_archive", slow)
    monkeypatch.setattr(import_threads, "archive_bytes", lambda *_: b"{}")
    request = Client().get("/").wsgi_request
    started = [import_threads.start_import(request, bob.user) for _ in range(AT_ONCE + MOST_WAITING)]
    page = Client()
    page.force_login(bob.user)

    try:
        refused = in_program(bob.user).send("POST", ARCHIVE, b"{}", "application/json")
        shown = page.post("/settings/archive/", {"file": upload({})})
        names = list(begun)
    finally:
        go_on.set()
    for each in started:
        each.result(20)

    assert "many archives" in refusal(refused, 503, "unavailable")["message"].lower()
    assert "Many archives are being imported" in shown.content.decode()
    assert len(set(names)) == AT_ONCE
    assert all(name.startswith("imports") for name in names)
    assert len(begun) == AT_ONCE + MOST_WAITING


def test_imports_give_their_places_back(bob: Person) -> None:
    caller = in_program(bob.user)

    for _ in range(AT_ONCE + MOST_WAITING + 1):
        assert caller.send("POST", ARCHIVE, b"{", "application/json").status == 400
