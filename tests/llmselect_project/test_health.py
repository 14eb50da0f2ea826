from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests
from django.conf import LazySettings
from django.test import AsyncClient
from redis import Redis

from tests.fake_providers import StandIn
from tests.support import wait
from tests.support.live import Live
from tests.support.servers import Servers

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = "test:workers"


async def test_it_is_ready_if_all_services_respond(redis: Redis, async_client: AsyncClient) -> None:
    redis.zadd(WORKERS, {"one:1": time.time()})

    response = await async_client.get("/health/ready")

    part = {"ok": True, "message": ""}
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "checks": {"database": part, "redis": part, "worker": part}}


async def test_it_is_not_ready_if_no_worker_reported_lately(redis: Redis, async_client: AsyncClient) -> None:
    redis.zadd(WORKERS, {"one:1": time.time() - 20})

    response = await async_client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["status"] == "unavailable"
    assert response.json()["checks"]["worker"] == {
        "ok": False,
        "message": "No worker has reported lately. Check that one runs on this Redis.",
    }
    assert response.json()["checks"]["database"]["ok"]


async def test_it_is_not_ready_if_redis_is_unavailable(settings: LazySettings, async_client: AsyncClient) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"

    response = await async_client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["checks"]["redis"]["message"] == (
        "Redis does not respond, or is full. Check that it runs, REDIS_URL, and its memory."
    )
    assert response.json()["checks"]["database"]["ok"]


async def test_it_refuses_methods_that_write(async_client: AsyncClient) -> None:
    response = await async_client.post("/health/ready")

    assert response.status_code == 405


@pytest.fixture
def without_database(servers: Servers, stand_in: StandIn) -> Iterator[Live]:
    half = Live(servers, stand_in, name="without-database", DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    half.start_web()
    yield half
    half.stop()


def test_it_lives_and_is_not_ready_without_a_database(without_database: Live) -> None:
    def lives() -> bool:
        try:
            return requests.get(f"{without_database.base_url}/health/live", timeout=5).ok
        except requests.ConnectionError:
            return False

    wait.until(lives, "the web process does not start")

    response = requests.get(f"{without_database.base_url}/health/ready", timeout=10)

    assert response.status_code == 503
    assert response.headers["Cache-Control"].startswith("max-age=0")
    assert response.json()["checks"]["database"]["message"] == (
        "The database does not respond. Check that it runs, and DATABASE_URL."
    )
    assert response.json()["checks"]["redis"]["ok"]
