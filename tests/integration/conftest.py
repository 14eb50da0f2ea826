"""Users and their clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from tests.integration.api_client import Program
from tests.support.live import Live
from tests.support.servers import Servers


@pytest.fixture(scope="session")
def alice(live: Live) -> Program:
    return Program(live.register())


@pytest.fixture(scope="session")
def bob(live: Live) -> Program:
    """A user who may see nothing of Alice's data."""
    return Program(live.register())


@pytest.fixture
def live_redis(servers: Servers) -> Iterator[Redis]:
    """The Redis of the running LLMSelect, with everything in it."""
    client = Redis.from_url(servers.redis_url)
    yield client
    client.close()
