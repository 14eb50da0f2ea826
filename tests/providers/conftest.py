from collections.abc import AsyncIterator, Iterator

import pytest
from pytest_django import Settings

from accounts.models import User
from providers.adapters.http import HttpClients
from providers.kinds import KINDS
from tests.fake_providers import StandIn


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


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser("admin", "admin@example.org")


@pytest.fixture
def vendors_everywhere(vendors: StandIn, settings: Settings) -> StandIn:
    """The stand-in as the server of every kind; the installation has no server keys."""
    settings.PROVIDER_BASE_URLS = {slug: vendors.base_url(slug) for slug in KINDS}
    settings.PROVIDER_API_KEYS = dict.fromkeys(KINDS, "")
    return vendors
