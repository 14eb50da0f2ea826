from __future__ import annotations

from typing import Any

import pytest

from accounts.api_tokens import create_api_token
from accounts.authentication import socket_user
from accounts.models import ApiToken, TokenScope, User
from core.async_db import in_thread
from core.errors import Forbidden
from tests.accounts.conftest import Api, bearer
from tests.accounts.test_socket_authentication import scope as socket_scope

READING = [("GET", "auth/me"), ("GET", "keys"), ("GET", "models"), ("GET", "comparisons"), ("GET", "conversations")]
WRITING = [
    ("POST", "compare"),
    ("POST", "comparisons"),
    ("POST", "chat"),
    ("POST", "images"),
    ("POST", "presets"),
    ("POST", "models/refresh"),
    ("DELETE", "comparisons/5f0c1a52-7d0e-4c3b-9a57-0b8a5a3c9d11"),
]
ACCOUNT = [
    ("GET", "tokens"),
    ("POST", "tokens"),
    ("DELETE", "tokens/5f0c1a52-7d0e-4c3b-9a57-0b8a5a3c9d11"),
    ("PUT", "keys/openai"),
    ("DELETE", "keys/openai"),
    ("POST", "keys/openai/test"),
    ("PATCH", "auth/me"),
    ("DELETE", "auth/me"),
]
NEEDED = {"read": READING, "write": WRITING, "account": ACCOUNT}


def call(api: Api, user: User, scopes: list[str], method: str, path: str) -> Any:
    _, text = create_api_token(user, name="narrow", scopes=scopes)
    return api(method, path, {}, **bearer(text))


@pytest.mark.parametrize(
    ("needed", "method", "path"), [(name, *each) for name, calls in NEEDED.items() for each in calls]
)
@pytest.mark.django_db(transaction=True)
def test_a_token_may_do_what_its_scopes_say_and_nothing_else(
    api: Api, alice: User, needed: str, method: str, path: str
) -> None:
    others = [name for name in TokenScope.values if name != needed]

    allowed = call(api, alice, [needed], method, path)
    refused = call(api, alice, others, method, path)

    assert allowed.status_code not in {401, 403}
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "permission_denied"
    assert f"lacks the scope “{needed}”" in refused.json()["error"]["message"]


def test_a_new_token_has_all_scopes_unless_some_are_named(alice: User) -> None:
    api = Api(alice)

    whole = api("POST", "tokens", {"name": "whole"}).json()
    narrow = api("POST", "tokens", {"name": "narrow", "scopes": ["write", "read", "read"]}).json()

    assert whole["scopes"] == TokenScope.values
    assert narrow["scopes"] == ["read", "write"]


def test_a_token_cannot_create_one_with_more_scopes(api: Api, alice: User) -> None:
    _, text = create_api_token(alice, name="first", scopes=["account", "read"])

    more = api("POST", "tokens", {"name": "more", "scopes": ["read", "write"]}, **bearer(text))
    same = api("POST", "tokens", {"name": "same"}, **bearer(text))

    assert more.status_code == 400
    assert more.json()["error"]["fields"]["scopes"] == [
        "A token cannot create one with more rights than its own. Leave out: write."
    ]
    assert same.json()["scopes"] == ["read", "account"]
    assert ApiToken.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_access_tokens_may_do_everything(alice: User) -> None:
    api = Api(alice)

    statuses = [api(method, path, {}).status_code for calls in NEEDED.values() for method, path in calls]

    assert 403 not in statuses


@pytest.mark.django_db(transaction=True)
async def test_a_socket_requires_a_token_that_may_read() -> None:
    alice = await in_thread(User.objects.create_user, "alice", "alice@example.org", "x")
    tokens = [(await in_thread(create_api_token, alice, name=name, scopes=[name]))[1] for name in TokenScope.values]

    reading, *others = tokens

    assert await socket_user(socket_scope("bearer", reading)) == alice
    for text in others:
        with pytest.raises(Forbidden):
            await socket_user(socket_scope("bearer", text))
