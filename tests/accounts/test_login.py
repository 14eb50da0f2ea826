from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from cryptography.fernet import Fernet
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from pytest_django import Settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.jwt import issue_pair
from accounts.login_attempts import LOGIN_FAILURES
from accounts.models import User
from accounts.services import LOGIN_REFUSED
from tests.accounts.conftest import PASSWORD, Api, bearer


def log_in(api: Api, login: str, password: str = PASSWORD, **more: Any) -> Any:
    return api("POST", "auth/login", {"username": login, "password": password, **more})


def current_code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


@pytest.mark.parametrize("login", ["alice", "Alice", "alice@example.org", "ALICE@example.org", " alice "])
def test_it_signs_in_by_username_or_email_address(api: Api, alice: User, login: str) -> None:
    response = log_in(api, login)

    assert response.status_code == 200
    assert response.json()["user"]["id"] == str(alice.public_id)
    assert api("GET", "auth/me", **bearer(response.json()["access"])).json()["username"] == "alice"


def test_it_refuses_all_wrong_credentials_with_the_same_sentence(api: Api, alice: User, charlie: User) -> None:
    responses = [
        log_in(api, "alice", "wrong"),
        log_in(api, "alice@example.org", "wrong"),
        log_in(api, "nobody"),
        log_in(api, "nobody@example.org"),
        log_in(api, "charlie"),
    ]

    assert {response.status_code for response in responses} == {401}
    assert {response.json()["error"]["message"] for response in responses} == {LOGIN_REFUSED}


@pytest.mark.parametrize("login", ["alice", "alice@example.org", "nobody", "nobody@example.org"])
def test_it_hashes_one_password_for_known_and_unknown_users(
    api: Api, alice: User, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)

    log_in(api, login, "wrong")

    assert hashed == ["wrong"]


def test_it_counts_only_failures_and_refuses_after_ten(api: Api, alice: User, bob: User) -> None:
    statuses = [log_in(api, "alice", "wrong").status_code for _ in range(9)]
    good = [log_in(api, "alice").status_code for _ in range(3)]
    tenth = log_in(api, "alice", "wrong")
    refused = log_in(api, "alice")
    other = log_in(api, "bob")

    assert statuses == [401] * 9
    assert good == [200] * 3
    assert tenth.status_code == 401
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= LOGIN_FAILURES.seconds
    assert refused.json()["error"]["code"] == "rate_limited"
    assert other.status_code == 200


def test_it_asks_for_the_second_factor(api: Api, alice: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)

    without = log_in(api, "alice")
    wrong = log_in(api, "alice", code="000000")
    right = log_in(api, "alice", code=current_code(secret))

    assert without.status_code == wrong.status_code == 401
    assert "code" in without.json()["error"]["fields"]
    assert right.status_code == 200


def test_it_keeps_the_second_factor_encrypted(alice: User) -> None:
    secret = generate_totp_secret()

    TOTP.activate(alice, secret)

    assert secret not in str(Authenticator.objects.get().data)


def test_it_says_so_if_the_second_factor_cannot_be_read(
    client: Client, api: Api, alice: User, settings: Settings
) -> None:
    TOTP.activate(alice, generate_totp_secret())
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})

    responses = [client.post("/accounts/2fa/authenticate/", {"code": "000000"}), log_in(api, "alice", code="000000")]

    assert [response.status_code for response in responses] == [503, 503]
    assert all("Ask an administrator" in response.content.decode() for response in responses)


def test_it_accepts_a_refresh_token_once(api: Api, alice: User) -> None:
    refresh = log_in(api, "alice").json()["refresh"]

    first = api("POST", "auth/refresh", {"refresh": refresh})
    second = api("POST", "auth/refresh", {"refresh": refresh})
    next_one = api("POST", "auth/refresh", {"refresh": first.json()["refresh"]})

    assert first.status_code == next_one.status_code == 200
    assert second.status_code == 401
    assert api("GET", "auth/me", **bearer(first.json()["access"])).status_code == 200


def test_it_refuses_invalid_refresh_tokens(api: Api, alice: User, bob: User) -> None:
    expired = RefreshToken(issue_pair(alice).refresh)  # type: ignore[arg-type]
    expired.set_exp(lifetime=-timedelta(seconds=1))
    changed = issue_pair(bob).refresh
    bob.set_password("another good one")
    bob.save()

    responses = [
        api("POST", "auth/refresh", {"refresh": text})
        for text in (issue_pair(alice).access, str(expired), changed, "nonsense", "a.b.c")
    ]

    assert {response.status_code for response in responses} == {401}


def test_it_refuses_a_refresh_token_of_an_inactive_user(api: Api, alice: User) -> None:
    refresh = issue_pair(alice).refresh
    User.objects.update(is_active=False)

    response = api("POST", "auth/refresh", {"refresh": refresh})

    assert response.status_code == 401


def test_it_signs_a_program_out(api: Api, alice: User) -> None:
    refresh = log_in(api, "alice").json()["refresh"]

    response = api("POST", "auth/logout", {"refresh": refresh})

    assert response.status_code == 204
    assert api("POST", "auth/refresh", {"refresh": refresh}).status_code == 401
    assert api("POST", "auth/logout", {"refresh": refresh}).status_code == 401
    assert api("POST", "auth/logout", {}).status_code == 401


def test_it_ends_the_session_of_a_user_who_signs_out(client: Client, alice: User) -> None:
    client.force_login(alice)

    response = client.post("/api/v1/auth/logout", {}, content_type="application/json")

    assert response.status_code == 204
    assert client.get("/api/v1/auth/me").status_code == 401


def test_it_ends_no_session_without_csrf(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)

    response = client.post("/api/v1/auth/logout", {}, content_type="application/json")

    assert response.status_code == 403
    assert client.get("/api/v1/auth/me").status_code == 200


@pytest.mark.parametrize("path", ["auth/login", "auth/refresh", "auth/register"])
def test_it_ignores_an_old_token_when_a_user_signs_in(api: Api, db: None, path: str) -> None:
    response = api("POST", path, {}, **bearer("old"))

    assert response.status_code == 400


def test_the_access_token_names_the_user_and_has_no_secret(api: Api, alice: User) -> None:
    access = AccessToken(log_in(api, "alice").json()["access"])

    assert access["user_id"] == str(alice.public_id)
    assert alice.password not in str(access.payload)


def test_it_changes_the_streaming_preference(alice: User) -> None:
    api = Api(alice)

    off = api("PATCH", "auth/me", {"streaming": False})
    nothing = api("PATCH", "auth/me", {})
    bad = api("PATCH", "auth/me", {"streaming": "perhaps"})
    others = api("PATCH", "auth/me", {"is_administrator": True, "username": "root"})

    alice.refresh_from_db()
    assert off.json()["streaming"] is nothing.json()["streaming"] is others.json()["streaming"] is False
    assert bad.status_code == 400
    assert (alice.streaming, alice.is_staff, alice.username) == (False, False, "alice")


def test_it_says_so_if_redis_is_unavailable(
    client: Client, api: Api, alice: User, lose_redis: Callable[[], None]
) -> None:
    lose_redis()

    responses = [client.post("/accounts/login/", {"login": "alice", "password": PASSWORD}), log_in(api, "alice")]

    assert [response.status_code for response in responses] == [503, 503]
    assert all("Try again in a minute." in response.content.decode() for response in responses)
