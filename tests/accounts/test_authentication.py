from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import AsyncClient, Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from pytest_django import Settings
from rest_framework_simplejwt.tokens import AccessToken

from accounts import jwt
from accounts.api_tokens import create_api_token
from accounts.authentication import signed_in_user, user_of_request
from accounts.jwt import issue_pair, user_of_access_token
from accounts.models import User
from core.async_db import in_thread
from core.errors import Forbidden, NotSignedIn, RequestError, error_response
from tests.accounts.conftest import Api, bearer


@csrf_exempt
async def who(request: HttpRequest) -> HttpResponse:
    try:
        user = await in_thread(signed_in_user, request)
    except RequestError as error:
        return error_response(error)
    return JsonResponse({"username": user.username})


urlpatterns = [path("who", who)]


@pytest.fixture
def no_middleware(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value


def request_with(method: str = "GET", *, cookie: str = "", **headers: str) -> HttpRequest:
    request = RequestFactory().generic(method, "/", headers=headers)
    if cookie:
        request.COOKIES[django_settings.SESSION_COOKIE_NAME] = cookie
    return request


def expired_access(user: User) -> str:
    token = AccessToken(issue_pair(user).access)  # type: ignore[arg-type]
    token.set_exp(lifetime=-timedelta(seconds=1))
    return str(token)


def test_it_accepts_every_kind_of_token(alice: User) -> None:
    _, personal = create_api_token(alice, name="notebook")

    users = [
        user_of_request(request_with(Authorization=value))
        for value in (f"Bearer {issue_pair(alice).access}", f"Bearer {personal}", f"bearer  {personal} ")
    ]

    assert users == [alice] * 3


def test_it_accepts_a_session_without_middleware(alice: User) -> None:
    user = user_of_request(request_with(cookie=session_of(alice)))

    assert user == alice


def test_it_costs_one_or_two_queries(alice: User) -> None:
    _, personal = create_api_token(alice, name="notebook")
    requests = {
        "jwt": request_with(**bearer(issue_pair(alice).access)),
        "personal": request_with(**bearer(personal)),
        "session": request_with(cookie=session_of(alice)),
    }

    counts = {}
    for name, request in requests.items():
        with CaptureQueriesContext(connection) as queries:
            user_of_request(request)
        counts[name] = len(queries)

    assert counts == {"jwt": 1, "personal": 2, "session": 2}


@pytest.mark.parametrize("header", ["", "Basic YWxpY2U6eA==", "Digest x"])
def test_it_leaves_other_schemes_to_proxies(alice: User, header: str) -> None:
    user = user_of_request(request_with(cookie=session_of(alice), Authorization=header))

    assert user == alice


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "lls_unknown", "lls_", "\x00"])
def test_it_refuses_a_bad_token_even_beside_a_good_session(alice: User, token: str) -> None:
    request = request_with(cookie=session_of(alice), **bearer(token))

    with pytest.raises(NotSignedIn):
        user_of_request(request)


def test_it_refuses_tokens_that_are_no_longer_valid(alice: User, bob: User) -> None:
    expired, before_new_password, of_bob = expired_access(alice), issue_pair(alice).access, issue_pair(bob).access
    refresh = issue_pair(alice).refresh
    alice.set_password("another good one")
    alice.save()
    User.objects.filter(pk=bob.pk).update(is_active=False)

    for token in (expired, before_new_password, of_bob, refresh):
        with pytest.raises(NotSignedIn):
            user_of_request(request_with(**bearer(token)))


def test_an_access_token_expires_although_its_signature_is_remembered(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issue_pair(alice).access
    assert user_of_access_token(token) == alice

    monkeypatch.setattr(jwt, "time", SimpleNamespace(time=lambda: time.time() + 3600))

    with pytest.raises(NotSignedIn):
        user_of_access_token(token)


def test_it_refuses_sessions_that_are_no_longer_valid(alice: User, bob: User) -> None:
    before_new_password, of_bob = session_of(alice), session_of(bob)
    alice.set_password("another good one")
    alice.save()
    User.objects.filter(pk=bob.pk).update(is_active=False)

    users = [user_of_request(request_with(cookie=cookie)) for cookie in (before_new_password, of_bob, "unknown")]

    assert users == [None] * 3


def test_it_requires_csrf_for_a_session_but_not_for_a_token(alice: User) -> None:
    with pytest.raises(Forbidden):
        user_of_request(request_with("POST", cookie=session_of(alice)))

    assert user_of_request(request_with("POST", **bearer(issue_pair(alice).access))) == alice


def test_it_accepts_the_csrf_token_of_a_page(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    client.get("/settings/")
    token = client.cookies["csrftoken"].value
    body: dict[str, Any] = {"data": {"streaming": False}, "content_type": "application/json"}

    without = client.patch("/api/v1/auth/me", **body)
    foreign = client.patch("/api/v1/auth/me", **body, headers={"X-CSRFToken": token, "Origin": "https://evil.example"})
    with_it = client.patch("/api/v1/auth/me", **body, headers={"X-CSRFToken": token})

    assert [without.status_code, foreign.status_code, with_it.status_code] == [403, 403, 200]


def test_it_responds_with_401_without_a_token_or_session(api: Api) -> None:
    response = api("GET", "auth/me")

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json() == {
        "error": {"code": "not_authenticated", "message": "Sign in first, or send a valid access token."}
    }


@pytest.mark.usefixtures("no_middleware")
@pytest.mark.django_db(transaction=True)
async def test_it_serves_plain_asynchronous_views() -> None:
    alice = await in_thread(User.objects.create_user, "alice", "alice@example.org", "x")
    client, strict = AsyncClient(), AsyncClient(enforce_csrf_checks=True)
    cookie = await in_thread(session_of, alice)
    for each in (client, strict):
        each.cookies[django_settings.SESSION_COOKIE_NAME] = cookie

    anonymous = await AsyncClient().get("/who")
    session = await client.get("/who")
    forged = await strict.post("/who", {"a": 1}, content_type="application/json")
    token = await AsyncClient().post("/who", headers=bearer(issue_pair(alice).access))
    bad = await client.get("/who", headers=bearer("bad"))

    assert [r.status_code for r in (anonymous, session, forged, token, bad)] == [401, 200, 403, 200, 401]
    assert session.json() == token.json() == {"username": "alice"}
