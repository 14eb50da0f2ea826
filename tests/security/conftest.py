from __future__ import annotations

import pytest
from pytest_django import Settings
from redis import Redis

from accounts.models import User
from tests.security.owned_rows import MARK, Belongings, give_belongings

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def _offline(settings: Settings, own_cache: None) -> None:
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
