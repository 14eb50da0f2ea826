from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.api_tokens import EXPIRED, UNKNOWN, create_api_token
from accounts.models import ApiToken, User
from tests.accounts.conftest import Api, bearer


def test_it_shows_the_text_once_and_stores_a_digest(alice: User) -> None:
    api = Api(alice)

    created = api("POST", "tokens", {"name": "notebook"})
    listed = api("GET", "tokens")

    token, text = ApiToken.objects.get(), created.json()["token"]
    assert created.status_code == 201
    assert text.startswith("lls_")
    assert text not in str(vars(token))
    assert text not in listed.content.decode()
    assert listed.json() == [{key: value for key, value in created.json().items() if key != "token"}]
    assert set(listed.json()[0]) == {"id", "name", "hint", "scopes", "created_at", "last_used_at", "expires_at"}
    assert listed.json()[0]["hint"] == f"…{text[-4:]}"


def test_it_signs_its_user_in(api: Api, alice: User) -> None:
    _, text = create_api_token(alice, name="notebook")

    response = api("GET", "auth/me", **bearer(text))

    assert response.json()["username"] == "alice"
    assert response.status_code == 200


def test_it_records_its_use_at_most_once_a_minute(api: Api, alice: User) -> None:
    token, text = create_api_token(alice, name="notebook")

    def used_after(last: datetime | None) -> datetime | None:
        ApiToken.objects.update(last_used_at=last)
        api("GET", "auth/me", **bearer(text))
        token.refresh_from_db()
        return token.last_used_at

    recently, long_ago = timezone.now() - timedelta(seconds=30), timezone.now() - timedelta(seconds=61)
    assert used_after(None) is not None
    assert used_after(recently) == recently
    assert used_after(long_ago) != long_ago


def test_it_is_refused_if_deleted_or_expired_or_its_user_is_inactive(api: Api, alice: User, bob: User) -> None:
    expired, expired_text = create_api_token(alice, name="expired")
    deleted, deleted_text = create_api_token(alice, name="deleted")
    _, shut_out_text = create_api_token(bob, name="shut out")
    ApiToken.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    User.objects.filter(pk=bob.pk).update(is_active=False)
    deleting = Api(alice)("DELETE", f"tokens/{deleted.public_id}")

    responses = [
        api("GET", "auth/me", **bearer(text)) for text in (expired_text, deleted_text, shut_out_text, "lls_", "lls_x")
    ]

    assert deleting.status_code == 204
    assert {response.status_code for response in responses} == {401}
    assert responses[0].json()["error"]["message"] == EXPIRED
    assert {response.json()["error"]["message"] for response in responses[1:]} == {UNKNOWN}


def test_it_belongs_to_its_user_alone(alice: User, bob: User) -> None:
    token, _ = create_api_token(alice, name="notebook")
    api = Api(bob)

    listed = api("GET", "tokens")
    deleted = api("DELETE", f"tokens/{token.public_id}")
    unknown = api("DELETE", f"tokens/{uuid4()}")

    assert listed.json() == []
    assert deleted.status_code == unknown.status_code == 404
    assert deleted.json() == unknown.json()
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "nul\x00"}, "name"),
        ({"name": "a", "expires_at": "tomorrow"}, "expires_at"),
        ({"name": "a", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "a", "scopes": []}, "scopes"),
        ({"name": "a", "scopes": ["everything"]}, "scopes.0"),
        ({"name": "a", "scopes": "read"}, "scopes"),
        ({"name": "a", "scopes": {"read": True}}, "scopes"),
        ({"name": "a", "scopes": ["read"] * 4}, "scopes"),
    ],
)
def test_it_names_the_field_that_is_wrong(alice: User, body: dict[str, Any], field: str) -> None:
    response = Api(alice)("POST", "tokens", body)

    assert response.status_code == 400
    assert response.json()["error"]["fields"][field]
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "tokens"), ("POST", "tokens"), ("DELETE", "tokens/5f0c1a52-7d0e-4c3b-9a57-0b8a5a3c9d11")],
)
def test_it_requires_signing_in(api: Api, method: str, path: str) -> None:
    response = api(method, path, {"name": "a"})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["error"]["code"] == "not_authenticated"
