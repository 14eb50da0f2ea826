"""Fixtures: a separate topic for each test, and a run with queued generations."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from redis import Redis

from accounts.models import User
from generations.limits.admission import GenerationRequest
from generations.selectors import RunState
from generations.services import start_run
from providers.adapters.base import Message, Request


@pytest.fixture
def topic(redis: Redis) -> str:
    return f"test.{uuid.uuid4().hex}"


@pytest.fixture
def alice(transactional_db: None) -> User:
    return get_user_model().objects.create_user("alice", "alice@example.org", "a long and quiet evening")


@pytest.fixture
def state(alice: User, topic: str) -> RunState:
    """A run of two queued generations, whose tasks no worker takes."""
    return _start(alice, topic)


@pytest.fixture
def first_state(alice: User, topic: str) -> RunState:
    """Such a run as the first of its topic, whose log begins with what a worker appends."""
    return _start(alice, topic, new_topic=True)


def _start(alice: User, topic: str, *, new_topic: bool = False) -> RunState:
    request = GenerationRequest("demo", Request(model="demo-swift", messages=(Message("user", "Hello"),)))
    with transaction.atomic():
        return start_run(user=alice, topic=topic, requests=[request, request], new_topic=new_topic)
