"""Users, clients and a comparison that no worker answers: the tests end its answers themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from redis import Redis

from accounts.jwt import issue_pair
from accounts.models import User
from comparisons.services import StartedTurn
from tests.comparisons.without_worker import compare


@pytest.fixture(autouse=True)
def _own_cache(own_cache: None) -> None:
    """Each test counts its own requests."""


@pytest.fixture
def alice(transactional_db: None, redis: Redis) -> User:
    return User.objects.create_user("alice", "alice@example.org", None)


@pytest.fixture
def bob(transactional_db: None) -> User:
    return User.objects.create_user("bob", "bob@example.org", None)


@pytest.fixture
def browser(alice: User) -> Client:
    """A browser in which Alice is signed in."""
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def started(alice: User) -> StartedTurn:
    return compare(alice)


class Api:
    """An API client of one user, which sends and receives JSON."""

    def __init__(self, user: User) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {issue_pair(user).access}"})

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        return self.client.generic(method, f"/api/v1/{path}", data, "application/json")


@pytest.fixture
def api(alice: User) -> Api:
    """Alice's API client."""
    return Api(alice)
