from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.api_tokens import create_api_token
from accounts.models import ApiToken, Invitation, User
from tests.accounts.conftest import PASSWORD


def test_administrators_sign_in_on_the_same_page_as_users(client: Client, admin: User) -> None:
    response = client.get("/admin/", follow=True)

    assert response.redirect_chain[-1][0].startswith("/accounts/login/")


def test_it_keeps_ordinary_users_out(client: Client, alice: User) -> None:
    client.force_login(alice)

    response = client.get("/admin/", follow=True)

    assert response.status_code == 403


@pytest.mark.parametrize("model", ["user", "apitoken", "invitation"])
def test_it_lists_and_searches(client: Client, admin: User, alice: User, model: str) -> None:
    client.force_login(admin)
    create_api_token(alice, name="notebook")
    Invitation.objects.create(token="welcome", expires_at=timezone.now())

    response = client.get(f"/admin/accounts/{model}/?q=alice")

    assert response.status_code == 200


def test_it_shows_no_password_hash_and_no_digest(client: Client, admin: User, alice: User) -> None:
    client.force_login(admin)
    token, text = create_api_token(alice, name="notebook")

    pages = [
        client.get(f"/admin/accounts/user/{alice.pk}/change/").content.decode(),
        client.get(f"/admin/accounts/apitoken/{token.pk}/change/").content.decode(),
    ]

    assert alice.password not in pages[0]
    assert token.hint in pages[1]
    assert token.digest not in pages[1]
    assert text not in pages[1]


def test_it_adds_users_with_an_email_address(client: Client, admin: User) -> None:
    client.force_login(admin)
    fields = {"username": "emil", "email": "emil@example.org", "usable_password": "true"}

    client.post("/admin/accounts/user/add/", {**fields, "password1": PASSWORD, "password2": PASSWORD})

    assert User.objects.get(username="emil").email == "emil@example.org"


def test_it_creates_an_invitation_and_shows_its_link(client: Client, admin: User) -> None:
    client.force_login(admin)
    fields = {"note": "for Emil", "expires_at_0": "2099-01-01", "expires_at_1": "00:00:00"}

    client.post("/admin/accounts/invitation/add/", fields)
    invitation = Invitation.objects.get()
    page = client.get(f"/admin/accounts/invitation/{invitation.pk}/change/").content.decode()

    assert invitation.created_by == admin
    assert f"/accounts/signup/?invitation={invitation.token}" in page


def test_it_creates_no_tokens_for_others(client: Client, admin: User) -> None:
    client.force_login(admin)

    response = client.post("/admin/accounts/apitoken/add/", {"name": "x"})

    assert response.status_code == 403
    assert not ApiToken.objects.exists()
