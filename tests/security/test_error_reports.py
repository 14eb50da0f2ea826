from __future__ import annotations

import logging
import sys
from typing import Any

import pytest
from django.core import mail
from django.test import Client, RequestFactory
from django.views.debug import ExceptionReporter, get_exception_reporter_filter
from pytest_django import Settings

from accounts.jwt import issue_pair
from accounts.models import User
from generations import tasks
from generations.models import Generation
from generations.worker import claims
from generations.worker.process import StreamWorker
from providers import services
from tests.security.owned_rows import API_KEY, MARK, Belongings

KEY = f"sk-{MARK}-0123456789"
PASSWORD = f"{MARK} and a long evening"


class Broken(Exception):
    pass


def raise_with_a_key_in_scope(*_: Any, **__: Any) -> None:
    key_material = {"api_key": KEY, "header": f"Bearer {KEY}"}
    raise Broken(f"something else than the {len(key_material)} secrets")


@pytest.fixture
def client(settings: Settings) -> Client:
    settings.ADMINS = [("The administrator", "administrator@example.org")]
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("interface", ["page", "API"])
def test_an_error_in_a_view_reveals_no_key(
    client: Client,
    newcomer: User,
    interface: str,
    debug: bool,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.DEBUG = debug
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(services, "_checked_base_url", raise_with_a_key_in_scope)
    access = issue_pair(newcomer).access
    client.force_login(newcomer)

    if interface == "page":
        response = client.post("/keys/openai/", {"api_key": KEY})
    else:
        headers = {"Authorization": f"Bearer {access}"}
        response = client.put("/api/v1/keys/openai", {"api_key": KEY}, "application/json", headers=headers)

    mails = [each.message().as_string() for each in mail.outbox]
    texts = [response.content.decode(), caplog.text, *mails]
    assert response.status_code == 500
    assert "Broken: something else than the 2 secrets" in caplog.text
    assert len(mails) == (0 if debug else 1)
    assert [text for text in texts if MARK in text or access in text] == []


def test_a_report_names_variables_without_their_values(newcomer: User) -> None:
    request = RequestFactory().post("/accounts/login/", {"login": "newcomer", "password": PASSWORD})
    request.META["HTTP_AUTHORIZATION"] = f"Bearer {KEY}"
    try:
        raise_with_a_key_in_scope()
    except Broken:
        reporter = ExceptionReporter(request, *sys.exc_info())

    reports = [reporter.get_traceback_html(), reporter.get_traceback_text()]

    assert "QuietFilter" in type(get_exception_reporter_filter(request)).__name__
    assert "key_material" in reports[0]
    assert "password" in reports[0]
    assert MARK not in "".join(reports)


def test_an_error_in_the_worker_reveals_no_key(
    belongings: Belongings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    generation = Generation.objects.filter(user=belongings.owner, status=Generation.Status.QUEUED).first()
    assert generation is not None
    monkeypatch.setattr(claims, "decode_request", raise_with_a_key_in_scope)
    worker = StreamWorker()
    worker.start()
    monkeypatch.setattr(tasks, "current_worker", lambda: worker)

    result = tasks.answer.apply(args=(generation.current_run_id,))
    worker.stop()

    assert result.successful()
    assert "Broken: something else" in caplog.text
    assert API_KEY[:-4] not in caplog.text
    assert KEY not in caplog.text
