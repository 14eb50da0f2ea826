from __future__ import annotations

from pathlib import Path

import pytest

from accounts.models import User


@pytest.fixture(autouse=True)
def _own_uploads(uploads: Path) -> None:
    """A folder for uploads, empty at the beginning of each test."""


@pytest.fixture
def alice(transactional_db: None) -> User:
    return User.objects.create_user("alice", "alice@example.org", "a long and quiet evening")


@pytest.fixture
def bob(transactional_db: None) -> User:
    return User.objects.create_user("bob", "bob@example.org", "a long and quiet evening")
