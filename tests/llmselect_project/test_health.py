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


async def test_it_is_ready_when_all_parts_answer(redis: Redis, async_client: AsyncClient) -> None:
    redis.zadd(WORKERS, {"one:1": time.time()})

    answer = await async_client.get("/health/ready")

    part = {"ok": True, "message": ""}
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": {"database": part, "redis": part, "worker": part}}


async def test_it_misses_a_worker_that_was_heard_of_too_long_ago(redis: Redis, async_client: AsyncClient) -> None:
    redis.zadd(WORKERS, {"one:1": time.time() - 20})

    answer = await async_client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"
    assert answer.json()["checks"]["worker"] == {
        "ok": False,
        "message": "No worker has reported lately. Check that one runs on this Redis.",
    }
    assert answer.json()["checks"]["database"]["ok"]


async def test_it_names_a_redis_that_is_away(settings: LazySettings, async_client: AsyncClient) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"

    answer = await async_client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["checks"]["redis"]["message"] == "Redis does not answer. Check that it runs, and REDIS_URL."
    assert answer.json()["checks"]["database"]["ok"]


async def test_it_answers_only_reading_requests(async_client: AsyncClient) -> None:
    answer = await async_client.post("/health/ready")

    assert answer.status_code == 405


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

    answer = requests.get(f"{without_database.base_url}/health/ready", timeout=10)

    assert answer.status_code == 503
    assert answer.headers["Cache-Control"].startswith("max-age=0")
    assert answer.json()["checks"]["database"]["message"] == (
        "The database does not answer. Check that it runs, and DATABASE_URL."
    )
    assert answer.json()["checks"]["redis"]["ok"]
