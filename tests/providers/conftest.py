from collections.abc import AsyncIterator, Iterator

import pytest

from providers.adapters.http import HttpClients
from tests.wire import StandIn


@pytest.fixture(scope="session")
def running_vendors() -> Iterator[StandIn]:
    with StandIn() as vendors:
        yield vendors


@pytest.fixture
def vendors(running_vendors: StandIn) -> Iterator[StandIn]:
    running_vendors.reset()
    yield running_vendors
    running_vendors.reset()


@pytest.fixture
async def clients() -> AsyncIterator[HttpClients]:
    async with await HttpClients.open(connect_timeout=5) as clients:
        yield clients
