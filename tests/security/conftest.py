from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings
from redis import Redis

from accounts.models import User
from core.redis_clients import thread_client
from tests.security.owned_rows import MARK, Belongings, give_belongings

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def _offline(settings: Settings) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": f"test-{uuid.uuid4()}"}}
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PROVIDER_BASE_URLS = dict.fromkeys(settings.PROVIDER_BASE_URLS, NOWHERE)


@pytest.fixture
def belongings(_offline: None, transactional_db: None, redis: Redis) -> Belongings:
    """Everything that an ordinary user, the owner, can have."""
    return give_belongings(User.objects.create_user(f"{MARK}-owner", f"{MARK}@example.org", None))


@pytest.fixture
def stranger(transactional_db: None) -> User:
    return User.objects.create_user("stranger", "stranger@example.org", None)


@pytest.fixture
def administrator(transactional_db: None) -> User:
    return User.objects.create_superuser("administrator", "administrator@example.org", None)


@pytest.fixture
def newcomer(_offline: None, transactional_db: None) -> User:
    """A user without any data or key."""
    return User.objects.create_user("newcomer", "newcomer@example.org", None)


@pytest.fixture
def lose_redis(settings: Settings) -> Iterator[Callable[[], None]]:
    """A function that makes Redis unavailable until the end of the test."""

    def lose() -> None:
        settings.REDIS_URL = "unix:///nowhere/redis.sock"
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": settings.REDIS_URL}}
        thread_client.cache_clear()

    yield lose
    thread_client.cache_clear()
