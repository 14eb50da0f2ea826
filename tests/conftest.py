"""Fixtures for all tests; the run's Redis and database are started by tests/support/plugin.py."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page
from pytest_django import Settings
from redis import Redis

from tests.fake_providers import StandIn
from tests.support import chromium
from tests.support.live import Live
from tests.support.servers import SERVERS, Servers

if TYPE_CHECKING:
    from accounts.models import User


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    return pytestconfig.stash[SERVERS]


@pytest.fixture
def redis(servers: Servers) -> Iterator[Redis]:
    """A client of the run's Redis, without keys except those of a running LLMSelect."""
    from django.conf import settings

    client = Redis.from_url(servers.redis_url)
    for key in client.scan_iter(f"{settings.REDIS_PREFIX}*"):
        client.delete(key)
    yield client
    client.close()


@pytest.fixture
async def on_loop(redis: Redis) -> AsyncIterator[None]:
    """Closing of the Redis connections that this test's event loop has opened."""
    from channels.layers import channel_layers

    from core.redis_clients import loop_client

    channel_layers.backends.clear()
    yield
    for layer in channel_layers.backends.values():
        await layer.flush()
    await loop_client().aclose()
    await asyncio.sleep(0)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The test database, which cannot be deleted while threads are connected to it."""
    from core.async_db import close_connections

    yield
    close_connections()


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """The cache of this process without anything that an earlier test has left."""
    from core.process_cache import forget_all

    forget_all()


@pytest.fixture
def own_cache(settings: Settings) -> None:
    """A cache and rate limits without what earlier tests have counted."""
    cache = {**settings.CACHES["default"], "KEY_PREFIX": f"test-{uuid.uuid4()}"}
    settings.CACHES = {**settings.CACHES, "default": cache}


@pytest.fixture
def lose_redis(settings: Settings) -> Iterator[Callable[[], None]]:
    """A function that makes Redis unavailable until the end of the test."""

    from core.redis_clients import thread_client

    def lose() -> None:
        settings.REDIS_URL = "unix:///nowhere/redis.sock"
        settings.CACHES = {**settings.CACHES, "default": {**settings.CACHES["default"], "LOCATION": settings.REDIS_URL}}
        thread_client.cache_clear()

    yield lose
    thread_client.cache_clear()


@pytest.fixture
def alice(db: None) -> User:
    return _create_user("alice")


@pytest.fixture
def bob(db: None) -> User:
    return _create_user("bob")


def _create_user(name: str) -> User:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.create_user(name, f"{name}@example.org")


@pytest.fixture
def uploads(settings: Settings, tmp_path: Path) -> Path:
    """A folder of uploads for this test alone."""
    folder = tmp_path / "uploads"
    default: dict[str, Any] = settings.STORAGES["default"]
    options = {**default["OPTIONS"], "location": folder}
    settings.STORAGES = {**settings.STORAGES, "default": {**default, "OPTIONS": options}}
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def stand_in() -> Iterator[StandIn]:
    with StandIn() as vendors:
        yield vendors


@pytest.fixture
def vendors(stand_in: StandIn) -> Iterator[StandIn]:
    """The stand-in vendors that ``live`` calls, without scripts of other tests; they forget those of this one."""
    stand_in.reset()
    yield stand_in
    stand_in.reset()


@pytest.fixture(scope="session")
def live(servers: Servers, stand_in: StandIn) -> Iterator[Live]:
    """A running LLMSelect for all tests. A test that stops a part of it has to start that part again."""
    running = Live(servers, stand_in)
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture
def browser_problems() -> list[str]:
    """The browser's errors; a test that expects one removes it."""
    return []


@pytest.fixture
def browser_page(browser_problems: list[str]) -> Iterator[Page]:
    """A page of a fresh browser; a console error, uncaught exception or CSP violation fails the test."""
    with chromium.launched() as browser:
        context = browser.new_context()
        context.set_default_timeout(15_000)
        chromium.note_problems(context, browser_problems)
        yield context.new_page()
    assert browser_problems == []
