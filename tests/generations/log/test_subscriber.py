from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest
from django.conf import settings
from redis import Redis

from core.redis_clients import thread_client
from generations.log import event_log, live_topics
from generations.log.event_log import Entry, EntryId, Payload
from generations.log.subscriber import IDLE, LOG_LOST, subscribe
from tests.support.log_entries import append_entry

pytestmark = pytest.mark.usefixtures("on_loop")


def append(topic: str, number: int) -> EntryId:
    entry = Payload(run=1, index=0, kind="text", text=str(number), offset=number, t=0.0)
    entry_id = append_entry(topic, entry)
    assert entry_id is not None
    return entry_id


def append_silently(topic: str, number: int) -> None:
    """Append without publishing, which is what a subscriber sees if the channel layer dropped the message."""
    redis, key = thread_client(), f"{settings.REDIS_PREFIX}:topic:{topic}:followers"
    followers = redis.smembers(key)
    redis.delete(key)
    append(topic, number)
    if followers:
        redis.sadd(key, *followers)


async def take(items: AsyncGenerator[Any, None], count: int) -> list[int]:
    numbers: list[int] = []
    async with asyncio.timeout(20):
        async for item in items:
            if isinstance(item, Entry):
                numbers.append(int(item.data["text"]))
                if len(numbers) == count:
                    return numbers
    return numbers


async def test_it_yields_the_entries_of_the_log_and_then_new_ones(topic: str) -> None:
    append(topic, 0)
    async with aclosing(subscribe(topic)) as items:
        assert await take(items, 1) == [0]
        for number in range(1, 50):
            append(topic, number)

        assert await take(items, 49) == list(range(1, 50))


async def test_it_continues_after_a_given_entry(topic: str) -> None:
    ids = [append(topic, number) for number in range(5)]

    async with aclosing(subscribe(topic, after=ids[2])) as items:
        assert await take(items, 2) == [3, 4]


async def test_it_fills_a_gap_of_entries_that_were_not_published(topic: str) -> None:
    async with aclosing(subscribe(topic, tick=30)) as items:
        append(topic, 0)
        assert await take(items, 1) == [0]
        append_silently(topic, 1)
        append_silently(topic, 2)
        append(topic, 3)

        assert await take(items, 3) == [1, 2, 3]


async def test_a_missed_last_entry_is_found_on_the_next_tick(topic: str) -> None:
    async with aclosing(subscribe(topic, tick=0.1)) as items:
        append(topic, 0)
        assert await take(items, 1) == [0]
        append_silently(topic, 1)

        assert await take(items, 1) == [1]


async def test_a_slow_reader_is_served_from_the_log(topic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_topics, "INBOX_LIMIT", 10)
    async with aclosing(subscribe(topic)) as items:
        append(topic, 0)
        assert await take(items, 1) == [0]
        for number in range(1, 200):
            append(topic, number)
            await asyncio.sleep(0)

        assert await take(items, 199) == list(range(1, 200))


async def test_a_subscription_that_redis_closed_misses_nothing(topic: str, redis: Redis) -> None:
    async with aclosing(subscribe(topic, tick=0.2)) as items:
        append(topic, 0)
        assert await take(items, 1) == [0]
        redis.client_kill_filter(_type="pubsub")
        for number in range(1, 20):
            append(topic, number)

        assert await take(items, 19) == list(range(1, 20))


async def test_it_reports_a_lost_log_before_entries_of_the_next_one(topic: str) -> None:
    async with aclosing(subscribe(topic, tick=0.1)) as items:
        append(topic, 0)
        assert await take(items, 1) == [0]
        event_log.delete_all(thread_client(), [topic])
        append(topic, 7)
        seen: list[Any] = []
        async with asyncio.timeout(20):
            async for item in items:
                if item is not IDLE:
                    seen.append(item)
                if len(seen) == 2:
                    break

        assert seen[0] is LOG_LOST
        assert seen[1].data["text"] == "7"


async def test_it_is_idle_if_nothing_happens(topic: str) -> None:
    async with aclosing(subscribe(topic, tick=0.05)) as items:
        async with asyncio.timeout(20):
            assert await anext(items) is IDLE


async def test_many_subscribers_of_a_topic_receive_the_same(topic: str) -> None:
    async def one() -> list[int]:
        async with aclosing(subscribe(topic)) as items:
            ready.release()
            return await take(items, 100)

    ready = asyncio.Semaphore(0)
    subscribers = [asyncio.create_task(one()) for _ in range(10)]
    for _ in subscribers:
        await ready.acquire()
    for number in range(100):
        append(topic, number)
        await asyncio.sleep(0)

    assert await asyncio.gather(*subscribers) == [list(range(100))] * 10


async def test_a_reader_whose_process_is_not_known_as_a_follower_any_more_goes_on_after_a_tick(
    topic: str, redis: Redis
) -> None:
    async with aclosing(subscribe(topic, tick=0.1)) as items:
        append(topic, 0)
        assert await take(items, 1) == [0]
        redis.delete(f"{settings.REDIS_PREFIX}:topic:{topic}:followers")
        append(topic, 1)
        assert await take(items, 1) == [1]

        assert redis.scard(f"{settings.REDIS_PREFIX}:topic:{topic}:followers") == 1


async def test_readers_go_on_soon_after_redis_has_lost_its_data(
    topic: str, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_topics, "WATCH_INTERVAL", 0.05)
    async with aclosing(subscribe(topic, tick=60)) as items:
        append(topic, 0)
        assert await take(items, 1) == [0]
        redis.flushdb()
        append(topic, 7)

        assert await take(items, 1) == [7]
