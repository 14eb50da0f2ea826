"""A reset by mail proves whose account it is, and ends what somebody else may have left in it."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from accounts.api_tokens import create_api_token
from accounts.jwt import issue_pair
from accounts.models import Action, ApiToken, AuditEntry, User
from providers.models import ProviderKey
from providers.services import set_key

PASSWORD = "another long and quiet evening"


@pytest.fixture
def strangers(api: object, client: Client) -> User:
    """An account that a stranger has made with somebody's address, with all that ends or stays."""
    fields = {"username": "dora", "email": "dora@example.org", "password": "a long and quiet evening"}
    Client().post("/api/v1/auth/register", fields, content_type="application/json")
    user = User.objects.get(username="dora")
    create_api_token(user, name="the stranger's")
    set_key(user=user, provider="openai", api_key="sk-0123456789", base_url="https://8.8.8.8/v1")
    Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data={})
    return user


def reset(client: Client, email: str) -> None:
    client.post("/accounts/password/reset/", {"email": email})
    link = next(word for word in mail.outbox[-1].body.split() if "/password/reset/key/" in word)
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})


def test_the_first_reset_ends_everything(client: Client, strangers: User) -> None:
    access = issue_pair(strangers).access

    reset(client, "dora@example.org")

    response = client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {access}"})
    assert response.status_code == 401
    assert not ApiToken.objects.exists()
    assert not ProviderKey.objects.exists()
    assert not Authenticator.objects.exists()
    assert EmailAddress.objects.get(user=strangers).verified
    recorded = set(AuditEntry.objects.filter(user=strangers).values_list("action", flat=True))
    assert {Action.TOKEN_DELETED, Action.KEY_DELETED, Action.SECOND_FACTOR_CHANGED} <= recorded


def test_a_later_reset_ends_tokens_alone(client: Client, strangers: User) -> None:
    EmailAddress.objects.update(verified=True)

    reset(client, "dora@example.org")

    assert not ApiToken.objects.exists()
    assert ProviderKey.objects.exists()
    assert Authenticator.objects.exists()


@pytest.mark.parametrize("chosen", [True, False])
def test_a_changed_password_offers_to_end_tokens(client: Client, strangers: User, chosen: bool) -> None:
    strangers.set_password("a long and quiet evening")
    strangers.save()
    Authenticator.objects.all().delete()
    client.post("/accounts/login/", {"login": "dora", "password": "a long and quiet evening"})
    fields = {"oldpassword": "a long and quiet evening", "password1": PASSWORD, "password2": PASSWORD}

    page = client.get("/accounts/password/change/")
    client.post("/accounts/password/change/", fields | ({"delete_tokens": "on"} if chosen else {}))

    assert "Delete my API tokens as well" in page.content.decode()
    assert User.objects.get(pk=strangers.pk).check_password(PASSWORD)
    assert ApiToken.objects.exists() is not chosen


def test_without_mail_no_reset_is_offered(client: Client, strangers: User, settings: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # type: ignore[attr-defined]

    login = client.get("/accounts/login/").content.decode()
    page = client.get("/accounts/password/reset/").content.decode()
    refused = client.post("/accounts/password/reset/", {"email": "dora@example.org"})

    assert "/accounts/password/reset/" not in login
    assert "An administrator can set a new one" in login
    assert "sends no mail" in page
    assert 'name="email"' not in page
    assert "sends no mail" in refused.content.decode()
    assert mail.outbox == []
