from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_providers import StandIn
from tests.support.live import Live
from tests.support.servers import Servers


@pytest.fixture(scope="session")
def installation(servers: Servers, stand_in: StandIn) -> Iterator[Live]:
    """A running LLMSelect only for these tests, because they use up its rate limits."""
    running = Live(servers, stand_in, name="fuzz")
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture
def no_traceback(installation: Live) -> Iterator[None]:
    """The check that a test logs no traceback; the log is not empty before it."""
    paths = [installation.log_path(name) for name in ("web", "worker")]
    sizes = [path.stat().st_size for path in paths]
    yield
    logged = [path.read_bytes()[size:].decode(errors="replace") for path, size in zip(paths, sizes, strict=True)]
    assert [trace for each in logged for trace in each.split("Traceback")[1:]] == []
