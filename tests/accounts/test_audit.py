from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.api_tokens import create_api_token
from accounts.audit import delete_old_entries, record
from accounts.models import Action, AuditEntry, User
from tests.accounts.conftest import PASSWORD, Api

PUBLIC = "203.0.113.7"


def trail(user: User | None) -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(user=user).order_by("pk").values_list("action", "subject"))


def page_of(user: User) -> Client:
    client = Client(REMOTE_ADDR=PUBLIC)
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    AuditEntry.objects.all().delete()
    return client


def test_it_records_a_sign_up(api: Api) -> None:
    api("POST", "auth/register", {"username": "ada", "email": "ada@example.org", "password": PASSWORD})

    assert trail(User.objects.get()) == [("signed_up", "")]


def test_it_records_a_sign_up_on_the_page_and_the_sign_in(client: Client, db: None) -> None:
    client.post("/accounts/signup/", {"username": "ada", "email": "ada@example.org", "password1": PASSWORD})

    assert trail(User.objects.get()) == [("signed_up", ""), ("signed_in", "browser")]


def test_it_records_signing_in_and_out_with_the_ip_address(alice: User) -> None:
    client = Client(REMOTE_ADDR=PUBLIC)

    client.post("/accounts/login/", {"login": "alice", "password": "wrong"})
    client.post("/accounts/login/", {"login": "alice@example.org", "password": PASSWORD})
    client.post("/accounts/logout/")

    expected = [("sign_in_failed", "wrong password"), ("signed_in", "browser"), ("signed_out", "browser")]
    assert trail(alice) == expected
    assert set(AuditEntry.objects.values_list("address", flat=True)) == {PUBLIC}


def test_it_records_programs_signing_in_and_out(api: Api, alice: User) -> None:
    api("POST", "auth/login", {"username": "alice", "password": "wrong"})
    refresh = api("POST", "auth/login", {"username": "alice", "password": PASSWORD}).json()["refresh"]
    api("POST", "auth/logout", {"refresh": refresh})

    assert trail(alice) == [("sign_in_failed", "wrong password"), ("signed_in", "program"), ("signed_out", "program")]


def test_it_keeps_nothing_of_an_unknown_login(api: Api, alice: User) -> None:
    api("POST", "auth/login", {"username": "my secret password", "password": "alice"})

    assert trail(None) == [("sign_in_failed", "wrong password")]
    assert "secret" not in str(AuditEntry.objects.values())


@pytest.mark.parametrize("via", ["page", "API"])
def test_it_records_a_wrong_code(api: Api, alice: User, via: str) -> None:
    TOTP.activate(alice, generate_totp_secret())
    client = Client()

    if via == "API":
        api("POST", "auth/login", {"username": "alice", "password": PASSWORD, "code": "000000"})
    else:
        client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})

    assert trail(alice) == [("sign_in_failed", "wrong code")]


def test_it_records_a_new_password(alice: User) -> None:
    client, new = page_of(alice), "another good one"

    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert trail(alice) == [("password_changed", "")]


@pytest.mark.django_db(transaction=True)
def test_it_records_a_second_factor(alice: User) -> None:
    client = page_of(alice)
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))

    client.post("/accounts/2fa/totp/activate/", {"code": code})
    client.post("/accounts/2fa/totp/deactivate/")

    subjects = [subject for action, subject in trail(alice) if action == Action.SECOND_FACTOR_CHANGED]
    assert "TOTP Authenticator added" in subjects
    assert "TOTP Authenticator removed" in subjects


def test_it_records_tokens_with_their_name_and_last_characters(alice: User) -> None:
    api = Api(alice)
    created = api("POST", "tokens", {"name": "notebook"}).json()

    api("DELETE", f"tokens/{created['id']}")

    subject = f"notebook (…{created['token'][-4:]})"
    assert trail(alice) == [("token_created", subject), ("token_deleted", subject)]
    assert created["token"] not in str(AuditEntry.objects.values())


def test_it_records_that_an_administrator_deleted_a_token(admin: User, alice: User, client: Client) -> None:
    token, _ = create_api_token(alice, name="notebook")
    client.force_login(admin)

    client.post(f"/admin/accounts/apitoken/{token.pk}/delete/", {"post": "yes"})

    assert trail(alice)[-1] == ("token_deleted", f"{token}, by an administrator")


def test_it_shows_users_only_their_own_entries(client: Client, alice: User, bob: User) -> None:
    record(Action.KEY_SET, user=alice, subject="openai")
    record(Action.KEY_SET, user=bob, subject="a secret of bob's")
    client.force_login(alice)

    page = client.get("/settings/activity/").content.decode()

    assert "Key set" in page
    assert "openai" in page
    assert "bob" not in page


@pytest.mark.parametrize("offset", ["", "0", "50", "100", "-1", "x", "²", "9" * 40])
def test_it_shows_a_page_at_a_time(client: Client, alice: User, offset: str) -> None:
    client.force_login(alice)
    AuditEntry.objects.bulk_create(AuditEntry(user=alice, action="exported", subject=f"#{n}") for n in range(80))

    response = client.get("/settings/activity/", {"offset": offset})

    page = response.content.decode()
    expected = {"50": 31, "100": 31}.get(offset, 50)
    assert response.status_code == 200
    assert page.count("<time ") == expected
    assert ('rel="next"' in page) is (expected == 50)
    assert ('rel="prev"' in page) is (offset in {"50", "100"})


def test_it_requires_signing_in(client: Client, db: None) -> None:
    assert client.get("/settings/activity/").status_code == 302


def test_administrators_read_entries_but_cannot_change_them(client: Client, admin: User, alice: User) -> None:
    record(Action.KEY_SET, user=alice, subject="openai")
    client.force_login(admin)
    entry = AuditEntry.objects.get(subject="openai")
    url = f"/admin/accounts/auditentry/{entry.pk}"

    found = client.get("/admin/accounts/auditentry/?q=openai&action=key_set").content.decode()
    changed = client.post(f"{url}/change/", {"subject": "nothing"})
    deleted = client.post(f"{url}/delete/", {"post": "yes"})
    added = client.post("/admin/accounts/auditentry/add/", {"action": "key_set"})

    entry.refresh_from_db()
    assert "1 audit entry" in found
    assert [response.status_code for response in (changed, deleted, added)] == [403] * 3
    assert entry.subject == "openai"


@pytest.mark.parametrize("way", ["page", "list"])
def test_administrators_delete_users_with_their_trail(client: Client, admin: User, alice: User, way: str) -> None:
    record(Action.KEY_SET, user=alice, subject="openai")
    client.force_login(admin)

    if way == "page":
        client.post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": [alice.pk], "post": "yes"}
        client.post("/admin/accounts/user/", chosen)

    assert not User.objects.filter(username="alice").exists()
    assert trail(None) == [("account_deleted", "")]


def test_it_deletes_old_entries(alice: User, settings: Settings) -> None:
    settings.AUDIT_DAYS = 30
    record(Action.KEY_SET, user=alice, subject="old")
    AuditEntry.objects.update(at=timezone.now() - timedelta(days=31))
    record(Action.KEY_SET, user=alice, subject="new")

    assert delete_old_entries() == 1
    assert trail(alice) == [("key_set", "new")]


def test_a_change_that_cannot_be_recorded_is_rolled_back(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the trail cannot be written")

    monkeypatch.setattr(AuditEntry.objects, "create", broken)

    with pytest.raises(RuntimeError):
        create_api_token(alice, name="notebook")

    assert not alice.api_tokens.exists()
