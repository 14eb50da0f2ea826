from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client

from accounts.api import REFRESHES
from accounts.jwt import issue_pair
from accounts.login_attempts import LOGIN_FAILURES, LOGIN_FAILURES_OF_ACCOUNT, LOGIN_FAILURES_OF_ADDRESS
from accounts.models import User
from core.errors import TooManyRequests
from core.rate_limits import Limit
from tests.accounts.conftest import PASSWORD, Api

LOGIN = "/accounts/login/"


def guess(client: Client, login: str = "alice", password: str = "wrong") -> Any:
    return client.post(LOGIN, {"login": login, "password": password})


def is_refused(response: Any, seconds: int) -> bool:
    return response.status_code == 429 and 0 < int(response.headers["Retry-After"]) <= seconds


def test_the_page_refuses_after_ten_bad_guesses(client: Client, alice: User, bob: User) -> None:
    bad = [guess(client).status_code for _ in range(LOGIN_FAILURES.amount)]
    refused = guess(client, password=PASSWORD)
    other = guess(client, "bob", PASSWORD)

    assert bad == [200] * 10
    assert is_refused(refused, LOGIN_FAILURES.seconds)
    assert "Too many attempts to sign in." in refused.content.decode()
    assert other.status_code == 302


def test_a_name_and_an_address_of_one_account_share_their_limit(client: Client, alice: User) -> None:
    for _ in range(LOGIN_FAILURES.amount // 2):
        guess(client, "Alice")
        guess(client, alice.email.upper())

    assert is_refused(guess(client, password=PASSWORD), LOGIN_FAILURES.seconds)


def test_the_admin_shares_the_limits_of_the_page(client: Client, admin: User) -> None:
    login_page = client.get("/admin/", follow=True).redirect_chain[-1][0]
    direct = client.post("/admin/login/", {"username": "admin", "password": PASSWORD})
    for _ in range(LOGIN_FAILURES.amount):
        client.post(login_page, {"login": "admin", "password": "wrong"})

    refused = client.post(login_page, {"login": "admin", "password": PASSWORD})

    assert direct.status_code == 302
    assert direct.headers["Location"].startswith(LOGIN)
    assert is_refused(refused, LOGIN_FAILURES.seconds)


def test_the_page_and_the_api_share_their_limits(client: Client, api: Api, alice: User) -> None:
    for _ in range(5):
        guess(client)
        api("POST", "auth/login", {"username": "alice", "password": "wrong"})

    responses = [
        guess(client, password=PASSWORD),
        api("POST", "auth/login", {"username": "alice", "password": PASSWORD}),
    ]

    assert all(is_refused(response, LOGIN_FAILURES.seconds) for response in responses)


def test_it_refuses_an_address_that_tries_many_accounts(api: Api, alice: User) -> None:
    for number in range(LOGIN_FAILURES_OF_ADDRESS.amount):
        api("POST", "auth/login", {"username": f"somebody-{number}", "password": "password"})

    refused = api("POST", "auth/login", {"username": "alice", "password": PASSWORD})
    elsewhere = Client(REMOTE_ADDR="203.0.113.7").post(
        "/api/v1/auth/login", {"username": "alice", "password": PASSWORD}, "application/json"
    )

    assert is_refused(refused, LOGIN_FAILURES_OF_ADDRESS.seconds)
    assert elsewhere.status_code == 200


def test_it_refuses_an_account_that_many_addresses_try(alice: User) -> None:
    for number in range(LOGIN_FAILURES_OF_ACCOUNT.amount):
        guess(Client(REMOTE_ADDR=f"203.0.113.{number}"))

    assert is_refused(guess(Client(REMOTE_ADDR="198.51.100.1"), password=PASSWORD), LOGIN_FAILURES_OF_ACCOUNT.seconds)


def test_an_ipv6_network_counts_as_one_address(alice: User) -> None:
    for number in range(LOGIN_FAILURES.amount):
        guess(Client(REMOTE_ADDR=f"2001:db8:1:2::{number:x}"))

    responses = [guess(Client(REMOTE_ADDR=f"2001:db8:1:{net}::1"), password=PASSWORD) for net in ("2", "3")]

    assert [response.status_code for response in responses] == [429, 302]


def test_it_ignores_headers_about_the_client_address(client: Client, alice: User) -> None:
    for number in range(LOGIN_FAILURES.amount):
        headers = {"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}"}
        client.post(LOGIN, {"login": "alice", "password": "wrong"}, headers=headers)

    assert guess(client, password=PASSWORD).status_code == 429


@pytest.mark.parametrize("via", ["page", "API"])
def test_it_refuses_guesses_at_the_second_factor(client: Client, api: Api, alice: User, via: str) -> None:
    TOTP.activate(alice, generate_totp_secret())
    guess(client, password=PASSWORD)

    def try_code() -> Any:
        if via == "page":
            return client.post("/accounts/2fa/authenticate/", {"code": "000000"})
        return api("POST", "auth/login", {"username": "alice", "password": PASSWORD, "code": "000000"})

    responses = [try_code() for _ in range(6)]

    assert 429 not in [response.status_code for response in responses[:5]]
    assert is_refused(responses[5], 300)


def test_it_limits_refreshes(api: Api, alice: User) -> None:
    for _ in range(REFRESHES.amount):
        api("POST", "auth/refresh", {"refresh": "nonsense"})

    assert is_refused(api("POST", "auth/refresh", {"refresh": issue_pair(alice).refresh}), REFRESHES.seconds)


def test_it_limits_sign_ups(api: Api, client: Client) -> None:
    body = {"username": "a", "email": "nonsense", "password": "x"}
    for _ in range(60):
        api("POST", "auth/register", {**body, "email": "a@example.org"})
    for _ in range(20):
        client.post("/accounts/signup/", body)

    assert is_refused(api("POST", "auth/register", {**body, "email": "a@example.org"}), 60)
    assert is_refused(client.post("/accounts/signup/", body), 60)


def test_it_limits_password_resets(client: Client, alice: User) -> None:
    responses = [client.post("/accounts/password/reset/", {"email": "alice@example.org"}) for _ in range(6)]

    assert [response.status_code for response in responses[:5]] == [302] * 5
    assert is_refused(responses[5], 60)


def test_it_counts_concurrent_attempts_exactly() -> None:
    limit, start = Limit("crowd", 7, 60, "Too many."), Barrier(20)

    def passes(_: int) -> bool:
        start.wait(10)
        try:
            limit.take("somebody")
        except TooManyRequests:
            return False
        finally:
            cache.close()
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(passes, range(20))) == 7


@pytest.mark.django_db(transaction=True)
def test_it_refuses_all_attempts_if_redis_is_unavailable(
    client: Client, alice: User, lose_redis: Callable[[], None]
) -> None:
    lose_redis()
    program = Api(alice)

    responses = [
        guess(client, password=PASSWORD),
        client.post("/accounts/signup/", {"username": "a"}),
        client.post("/accounts/password/reset/", {"email": "alice@example.org"}),
        program("POST", "auth/login", {"username": "alice", "password": PASSWORD}),
        program("POST", "auth/refresh", {"refresh": issue_pair(alice).refresh}),
        program("POST", "auth/register", {"username": "b", "email": "b@example.org", "password": PASSWORD}),
        program("POST", "keys/openai/test"),
        program("POST", "archive", {}),
    ]

    assert [response.status_code for response in responses] == [503] * len(responses)
    assert all("Try again in a minute." in response.content.decode() for response in responses)
