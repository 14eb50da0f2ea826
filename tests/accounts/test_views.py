from __future__ import annotations

import re

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from accounts.api_tokens import create_api_token
from accounts.models import ApiToken, User
from tests.accounts.conftest import PASSWORD

HTMX = {"HX-Request": "true"}
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|<style|src=\"data:", re.IGNORECASE)


def signed_in(user: User) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.mark.parametrize("login", ["alice", "alice@example.org"])
def test_it_signs_in_and_out(client: Client, alice: User, login: str) -> None:
    entered = client.post("/accounts/login/", {"login": login, "password": PASSWORD})
    inside = client.get("/settings/")
    left = client.post("/accounts/logout/")
    outside = client.get("/settings/")

    assert (entered.status_code, entered.headers["Location"]) == (302, "/")
    assert inside.status_code == 200
    assert left.status_code == 302
    assert outside.headers["Location"] == "/accounts/login/?next=/settings/"


def test_it_changes_the_password(alice: User) -> None:
    client = signed_in(alice)
    new = "another good one"

    response = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    alice.refresh_from_db()
    assert response.status_code == 302
    assert alice.check_password(new)


def test_it_keeps_the_last_email_address(alice: User) -> None:
    client = signed_in(alice)
    client.get("/accounts/email/")

    response = client.post("/accounts/email/", {"action_remove": "", "email": alice.email}, follow=True)

    alice.refresh_from_db()
    assert "cannot remove" in response.content.decode()
    assert alice.email == "alice@example.org"


@pytest.mark.parametrize(
    "url",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/password/reset/key/1-bad/",
        "/accounts/inactive/",
    ],
)
def test_it_serves_visitors_in_our_layout_with_nothing_inline(client: Client, alice: User, url: str) -> None:
    response = client.get(url)

    page = response.content.decode()
    assert response.status_code == 200
    assert '<main id="main"' in page
    assert not INLINE.search(page)


@pytest.mark.parametrize("second_factor", [False, True])
@pytest.mark.parametrize(
    "url",
    [
        "/settings/",
        "/accounts/logout/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/reauthenticate/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/totp/deactivate/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/recovery-codes/generate/",
    ],
)
def test_it_serves_users_in_our_layout_with_nothing_inline(alice: User, url: str, second_factor: bool) -> None:
    client = signed_in(alice)
    if second_factor:
        TOTP.activate(alice, generate_totp_secret())
        RecoveryCodes.activate(alice)

    response = client.get(url, follow=True)

    page = response.content.decode()
    assert response.status_code in ({200} if second_factor else {200, 404})
    assert '<main id="main"' in page
    assert not INLINE.search(page)


def test_it_asks_for_the_second_factor(client: Client, alice: User) -> None:
    TOTP.activate(alice, generate_totp_secret())

    response = client.post("/accounts/login/", {"login": "alice", "password": PASSWORD}, follow=True)

    assert response.redirect_chain == [("/accounts/2fa/authenticate/", 302)]
    assert not INLINE.search(response.content.decode())
    assert client.get("/settings/").status_code == 302


def test_it_draws_the_code_for_the_authenticator_app(alice: User) -> None:
    response = signed_in(alice).get("/accounts/2fa/totp/activate/")

    assert "<svg" in response.content.decode()


@pytest.mark.parametrize(("headers", "status"), [({}, 302), (HTMX, 200)])
def test_it_switches_streaming(client: Client, alice: User, headers: dict[str, str], status: int) -> None:
    client.force_login(alice)

    off = client.post("/settings/streaming/", headers=headers)
    alice.refresh_from_db()
    streaming_when_off = alice.streaming
    client.post("/settings/streaming/", {"streaming": "on"}, headers=headers)
    alice.refresh_from_db()

    assert off.status_code == status
    assert (streaming_when_off, alice.streaming) == (False, True)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_it_shows_a_new_token_once(client: Client, alice: User, headers: dict[str, str]) -> None:
    client.force_login(alice)

    created = client.post(
        "/settings/tokens/", {"name": "notebook", "expires_at": "", "scopes": ["read"]}, headers=headers
    )
    later = client.get("/settings/")

    text = re.search(r"lls_[\w-]+", created.content.decode())
    assert created.status_code == 201
    assert ("<html" in created.content.decode()) is not bool(headers)
    assert text is not None
    assert "no-store" in created.headers["Cache-Control"]
    assert text[0] not in later.content.decode()
    assert "notebook" in later.content.decode()
    assert ApiToken.objects.get().scopes == ["read"]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "scopes": "read"},
        {"name": "a", "scopes": "read", "expires_at": "2020-01-01"},
        {"name": "a", "scopes": "read", "expires_at": "soon"},
        {"name": "a"},
        {"name": "a", "scopes": "everything"},
    ],
)
def test_it_says_what_is_wrong_with_a_new_token(client: Client, alice: User, fields: dict[str, str]) -> None:
    client.force_login(alice)

    response = client.post("/settings/tokens/", fields, headers=HTMX)

    assert response.status_code == 400
    assert "errorlist" in response.content.decode()
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(("headers", "status"), [({}, 302), (HTMX, 200)])
def test_it_deletes_a_token(client: Client, alice: User, headers: dict[str, str], status: int) -> None:
    client.force_login(alice)
    token, _ = create_api_token(alice, name="notebook")

    response = client.post(f"/settings/tokens/{token.public_id}/delete/", headers=headers)

    assert response.status_code == status
    assert not ApiToken.objects.exists()


def test_it_shows_and_deletes_only_the_users_own_tokens(client: Client, alice: User, bob: User) -> None:
    client.force_login(bob)
    token, _ = create_api_token(alice, name="notebook of alice")

    response = client.post(f"/settings/tokens/{token.public_id}/delete/")

    assert response.status_code == 404
    assert "notebook of alice" not in response.content.decode()
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("url", ["/settings/streaming/", "/settings/tokens/"])
def test_it_changes_nothing_without_csrf(alice: User, url: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)

    response = client.post(url, {"name": "forged"})

    alice.refresh_from_db()
    assert response.status_code == 403
    assert alice.streaming
    assert not ApiToken.objects.exists()


def test_it_leads_the_very_first_visitor_to_the_sign_up(client: Client, db: None) -> None:
    fresh = [client.get(path).content.decode() for path in ("/accounts/login/", "/accounts/signup/")]
    User.objects.create_user("ada", "ada@example.org", PASSWORD)
    later = [client.get(path).content.decode() for path in ("/accounts/login/", "/accounts/signup/")]

    assert ["administrator" in page for page in (*fresh, *later)] == [True, True, False, False]
