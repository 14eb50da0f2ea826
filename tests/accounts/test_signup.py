from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import FirstAccount, Invitation, User
from tests.accounts.conftest import PASSWORD, Api

DORA = {"username": "dora", "email": "Dora@Example.org", "password": PASSWORD}
DORA_ON_THE_PAGE = {"username": "dora", "email": "dora@example.org", "password1": PASSWORD}


def an_invitation(**fields: Any) -> Invitation:
    defaults = {"token": "welcome", "expires_at": timezone.now() + timedelta(days=1)}
    return Invitation.objects.create(**{**defaults, **fields})


def test_it_signs_up_on_the_page_and_in_at_once(client: Client, alice: User) -> None:
    response = client.post("/accounts/signup/", DORA_ON_THE_PAGE)

    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(User.objects.get(username="dora").pk)


def test_it_registers_from_a_program(api: Api, alice: User) -> None:
    response = api("POST", "auth/register", DORA)

    user = User.objects.get(username="dora")
    assert response.status_code == 201
    assert response.json()["user"] == {
        "id": str(user.public_id),
        "username": "dora",
        "email": "dora@example.org",
        "is_administrator": False,
        "streaming": True,
        "date_joined": user.date_joined.isoformat().replace("+00:00", "Z"),
    }
    assert api("GET", "auth/me", Authorization=f"Bearer {response.json()['access']}").status_code == 200


def test_it_makes_the_first_account_administrator(api: Api) -> None:
    first = api("POST", "auth/register", DORA).json()
    second = api("POST", "auth/register", {**DORA, "username": "emil", "email": "emil@example.org"}).json()

    assert first["user"]["is_administrator"] is True
    assert User.objects.get(username="dora").is_superuser
    assert second["user"]["is_administrator"] is False


def test_it_lets_the_first_account_in_while_sign_up_is_closed(client: Client, settings: Settings, db: None) -> None:
    settings.SIGNUP = "closed"

    response = client.post("/accounts/signup/", DORA_ON_THE_PAGE)

    assert response.status_code == 302
    assert User.objects.get(username="dora").is_superuser


def test_a_user_after_an_account_from_the_command_line_is_no_administrator(api: Api, admin: User) -> None:
    response = api("POST", "auth/register", DORA)

    assert response.json()["user"]["is_administrator"] is False


def test_a_user_after_the_first_account_was_deleted_is_no_administrator(api: Api) -> None:
    api("POST", "auth/register", DORA)
    User.objects.all().delete()

    response = api("POST", "auth/register", DORA)

    assert response.json()["user"]["is_administrator"] is False
    assert FirstAccount.objects.get().user is None


@pytest.mark.parametrize(("signup", "sentence"), [("closed", "Sign-up is closed"), ("invite", "by invitation only")])
def test_it_refuses_if_sign_up_is_not_open(
    client: Client, api: Api, alice: User, settings: Settings, signup: str, sentence: str
) -> None:
    settings.SIGNUP = signup

    page = client.get("/accounts/signup/")
    posted = client.post("/accounts/signup/", DORA_ON_THE_PAGE)
    called = api("POST", "auth/register", DORA)

    assert page.status_code == posted.status_code == called.status_code == 403
    assert sentence in page.content.decode()
    assert sentence in called.json()["error"]["message"]
    assert not User.objects.filter(username="dora").exists()


def test_it_accepts_an_invitation_once(client: Client, api: Api, alice: User, settings: Settings) -> None:
    settings.SIGNUP = "invite"
    invitation = an_invitation()

    page = client.get("/accounts/signup/?invitation=welcome")
    posted = client.post("/accounts/signup/", {**DORA_ON_THE_PAGE, "invitation": "welcome"})
    again = api(
        "POST", "auth/register", {**DORA, "username": "emil", "email": "e@example.org", "invitation": "welcome"}
    )

    invitation.refresh_from_db()
    assert 'name="invitation" value="welcome"' in page.content.decode()
    assert posted.status_code == 302
    assert invitation.used_by == User.objects.get(username="dora")
    assert again.status_code == 403
    assert "already used" in again.json()["error"]["message"]


def test_it_keeps_an_invitation_that_was_tried_with_bad_input(api: Api, alice: User, settings: Settings) -> None:
    settings.SIGNUP = "invite"
    invitation = an_invitation()

    response = api("POST", "auth/register", {**DORA, "username": "alice", "invitation": "welcome"})

    invitation.refresh_from_db()
    assert response.status_code == 400
    assert invitation.used_at is None


def test_it_refuses_an_expired_invitation(client: Client, alice: User, settings: Settings) -> None:
    settings.SIGNUP = "invite"
    an_invitation(expires_at=timezone.now())

    response = client.get("/accounts/signup/?invitation=welcome")

    assert response.status_code == 403
    assert "has expired" in response.content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "ALICE"}, "username"),
        ({"username": "dora@example.org"}, "username"),
        ({"username": "with space"}, "username"),
        ({"username": "d" * 151}, "username"),
        ({"username": ["dora"]}, "username"),
        ({"email": "nonsense"}, "email"),
        ({"email": "ALICE@example.org"}, "email"),
        ({"password": "12345678"}, "password"),
        ({"password": "dora"}, "password"),
        ({"password": None}, "password"),
    ],
)
def test_it_names_the_field_that_is_wrong(api: Api, alice: User, change: dict[str, Any], field: str) -> None:
    response = api("POST", "auth/register", {**DORA, **change})

    error = response.json()["error"]
    assert response.status_code == 400
    assert error["code"] == "validation_error"
    assert error["message"].startswith(error["fields"][field][0].rstrip("."))
    assert field in error["message"].lower()
    assert list(User.objects.all()) == [alice]


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"\xff"])
def test_it_refuses_anything_but_a_json_object(client: Client, alice: User, body: bytes) -> None:
    response = client.post("/api/v1/auth/register", body, content_type="application/json")

    assert response.status_code == 400
    assert response.json()["error"]["message"]


def test_it_shows_the_reason_at_the_field(client: Client, alice: User) -> None:
    response = client.post("/accounts/signup/", {**DORA_ON_THE_PAGE, "username": "alice"})

    page = response.content.decode()
    assert 'id="id_username_error"' in page
    assert 'aria-invalid="true"' in page


def test_it_resets_a_forgotten_password_by_mail(client: Client, api: Api, alice: User) -> None:
    api("POST", "auth/register", DORA)
    client.post("/accounts/password/reset/", {"email": "dora@example.org"})
    link = next(word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word)

    form = client.get(link, follow=True)
    changed = client.post(form.request["PATH_INFO"], {"password1": "another good one", "password2": "another good one"})

    assert changed.status_code == 302
    assert api("POST", "auth/login", {"username": "dora", "password": "another good one"}).status_code == 200
