from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from tests.fake_providers import StandIn
from tests.support import wait
from tests.support.live import PASSWORD, ROOT, Live
from tests.support.servers import Servers

HOST = "llm.example.org"
BY_PROXY = {"Host": HOST, "X-Forwarded-Proto": "https"}
PATHS = (
    "/accounts/login/",
    "/api/v1/auth/me",
    "/api/v1/comparisons",
    "/nowhere",
    "/admin/login/",
    "/static/css/base.css",
)


def test_the_deployment_checks_find_nothing(servers: Servers) -> None:
    environment = {**os.environ, "PUBLIC_URL": f"https://{HOST}", "SECRET_KEY": secrets.token_urlsafe(50)}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]

    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues" in done.stdout


@pytest.fixture(scope="module")
def production(servers: Servers, stand_in: StandIn) -> Iterator[Live]:
    running = Live(servers, stand_in, name="production", PUBLIC_URL=f"https://{HOST}")
    running.manage("llmselect_project.run.preparation")
    running.start_web()
    try:
        wait.until(lambda: _lives(running), "The web process does not respond")
        yield running
    finally:
        running.stop()


def _lives(running: Live) -> bool:
    try:
        return requests.get(f"{running.base_url}/health/live", headers={"Host": HOST}, timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize("path", PATHS)
def test_it_redirects_to_https(production: Live, path: str) -> None:
    response = requests.get(production.base_url + path, headers={"Host": HOST}, allow_redirects=False, timeout=30)

    assert response.status_code == 301
    assert response.headers["Location"] == f"https://{HOST}{path}"


@pytest.mark.parametrize("path", PATHS)
def test_it_sends_security_headers(production: Live, path: str) -> None:
    response = requests.get(production.base_url + path, headers=BY_PROXY, allow_redirects=False, timeout=30)

    assert response.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_its_cookies_are_secure_and_hidden_from_scripts(production: Live) -> None:
    session = requests.Session()
    session.headers.update({**BY_PROXY, "Referer": f"https://{HOST}/accounts/signup/"})
    # Like a browser, requests sends Secure cookies over https only, so they are copied by hand.
    page = session.get(f"{production.base_url}/accounts/signup/", timeout=30)
    csrf = page.cookies["csrftoken"]
    fields = {"username": "ada", "email": "ada@example.org", "password1": PASSWORD, "csrfmiddlewaretoken": csrf}

    entered = session.post(
        f"{production.base_url}/accounts/signup/",
        fields,
        headers={"Cookie": f"csrftoken={csrf}"},
        allow_redirects=False,
        timeout=30,
    )

    cookies = {cookie.name: cookie for response in (page, entered) for cookie in response.cookies}
    assert entered.status_code == 302
    assert set(cookies) >= {"csrftoken", "sessionid"}
    assert all(cookie.secure for cookie in cookies.values())
    assert cookies["sessionid"].has_nonstandard_attr("HttpOnly")
    assert all(cookie.get_nonstandard_attr("SameSite") == "Lax" for cookie in cookies.values())


def test_it_refuses_other_host_names(production: Live) -> None:
    response = requests.get(
        f"{production.base_url}/accounts/login/", headers={**BY_PROXY, "Host": "evil.example"}, timeout=30
    )

    assert response.status_code == 400


def test_a_form_of_another_origin_is_refused(production: Live) -> None:
    headers = {**BY_PROXY, "Origin": "https://evil.example", "Cookie": f"csrftoken={'q' * 32}"}

    response = requests.post(
        f"{production.base_url}/accounts/login/", {"csrfmiddlewaretoken": "q" * 32}, headers=headers, timeout=30
    )

    assert response.status_code == 403
