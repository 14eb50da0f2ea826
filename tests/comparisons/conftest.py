"""Comparisons that no worker answers: the tests say how each of their answers ends."""

from __future__ import annotations

import pytest
from django.test import Client
from redis import Redis

from accounts.models import User
from comparisons.services import StartedTurn
from tests.comparisons.asking import ask


@pytest.fixture
def alice(transactional_db: None, redis: Redis) -> User:
    return User.objects.create_user("alice", "alice@example.org", None)


@pytest.fixture
def browser(alice: User) -> Client:
    """Alice's, signed in."""
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def started(alice: User) -> StartedTurn:
    return ask(alice)
