from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from accounts.api_tokens import create_api_token
from accounts.authentication import origin_allowed, socket_user
from accounts.jwt import issue_pair
from accounts.models import User
from core.async_db import in_thread

HOST = "llm.example.org"


@pytest.fixture(autouse=True)
def _our_host(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = [HOST]


def scope(*subprotocols: str, **headers: str) -> dict[str, Any]:
    pairs = {"host": HOST, **headers}
    return {
        "type": "websocket",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs.items()],
        "subprotocols": list(subprotocols),
    }


def cookie_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return f"theme=dark; {django_settings.SESSION_COOKIE_NAME}={client.cookies['sessionid'].value}"


@pytest.mark.django_db(transaction=True)
async def test_it_returns_the_user_who_opens_a_socket() -> None:
    alice = await in_thread(User.objects.create_user, "alice", "alice@example.org", "x")
    _, personal = await in_thread(create_api_token, alice, name="notebook")
    cookie, access = await in_thread(cookie_of, alice), issue_pair(alice).access

    users = [
        await socket_user(scope(cookie=cookie)),
        await socket_user(scope(cookie=cookie, origin=f"http://{HOST}")),
        await socket_user(scope(authorization=f"Bearer {access}")),
        await socket_user(scope("bearer", access)),
        await socket_user(scope("bearer", personal)),
    ]

    assert users == [alice] * 5


@pytest.mark.django_db(transaction=True)
async def test_it_refuses_strangers_and_bad_tokens_even_beside_a_good_cookie() -> None:
    alice = await in_thread(User.objects.create_user, "alice", "alice@example.org", "x")
    cookie = await in_thread(cookie_of, alice)

    users = [
        await socket_user(scope()),
        await socket_user(scope(cookie="sessionid=unknown; ;=")),
        await socket_user(scope(cookie=cookie, authorization="Bearer nonsense")),
        await socket_user(scope("bearer", "nonsense", cookie=cookie)),
        await socket_user(scope("bearer", cookie=cookie)),
        await socket_user(scope(cookie=cookie, origin="https://evil.example")),
    ]

    assert users == [None] * 6


@pytest.mark.parametrize("origin", [None, f"http://{HOST}", f"https://{HOST}", f"HTTPS://{HOST.upper()}"])
def test_it_lets_our_pages_and_programs_open_sockets(origin: str | None) -> None:
    assert origin_allowed(scope(**({} if origin is None else {"origin": origin})))


@pytest.mark.parametrize(
    "origin", ["https://evil.example", f"https://{HOST}.evil.example", f"https://{HOST}:8443", "null", "", "http://["]
)
def test_it_lets_no_other_page_open_sockets(origin: str) -> None:
    assert not origin_allowed(scope(origin=origin))


def test_it_trusts_no_host_that_is_not_ours() -> None:
    assert not origin_allowed(scope(host="evil.example", origin="http://evil.example"))


def test_it_trusts_the_origins_that_are_configured(settings: Settings) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://public.example", "https://*.wide.example"]
    origins = ["https://public.example", "https://a.wide.example", "http://public.example", "https://b.public.example"]

    allowed = [origin_allowed(scope(host="127.0.0.1:8000", origin=origin)) for origin in origins]

    assert allowed == [True, True, False, False]


def test_it_requires_https_in_production(settings: Settings) -> None:
    settings.PRODUCTION = True

    assert origin_allowed(scope(origin=f"https://{HOST}"))
    assert not origin_allowed(scope(origin=f"http://{HOST}"))
