from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_providers import StandIn
from tests.support.live import Live
from tests.support.servers import Servers


@pytest.fixture(scope="session")
def installation(servers: Servers, stand_in: StandIn) -> Iterator[Live]:
    """A running LLMSelect only for these tests, because they use up its rate limits."""
    stand_in.reset()
    running = Live(servers, stand_in, name="fuzz")
    try:
        yield running.start()
    finally:
        running.stop()
