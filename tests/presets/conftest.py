from __future__ import annotations

import pytest

from accounts.models import User
from tests.comparisons.conftest import Api


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", "alice@example.org")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", "bob@example.org")


@pytest.fixture
def api(alice: User) -> Api:
    return Api(alice)
