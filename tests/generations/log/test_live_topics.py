from __future__ import annotations

import asyncio
from unittest.mock import MagicMock

import orjson
import pytest
from django.conf import settings
from redis import Redis

from core.redis_clients import thread_client
from generations.log import event_log, live_topics
from generations.log.event_log import Entry, Payload
from generations.log.live_topics import Inbox, LiveTopics
from tests.support.log_entries import append_entry

pytestmark = pytest.mark.usefixtures("on_loop")
LONG = 60.0


def append(topic: str, number: int) -> None:
    entry = Payload(run=1, index=0, kind="text", text=str(number), offset=number, t=0.0)
    append_entry(topic, entry)


async def next_entry(inbox: Inbox) -> Entry:
    async with asyncio.timeout(20):
        entry = await inbox.next(LONG)
    assert entry is not None
    return entry


def followers(redis: Redis, topic: str) -> int:
    """Return the number of channels that a topic's entries are published to."""
    return int(redis.scard(f"{settings.REDIS_PREFIX}:topic:{topic}:followers"))


async def test_an_entry_is_decoded_once_for_all_readers(
    topic: str, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = MagicMock(side_effect=orjson.loads)
    monkeypatch.setattr(orjson, "loads", decoded)
    topics = LiveTopics()
    with topics.follow(topic) as one, topics.follow(topic) as other:
        for _ in range(2):
            await topics.read(topic, None, 1)
        append(topic, 1)

        received = [await next_entry(one), await next_entry(other)]

        assert received[0] is received[1]
        assert decoded.call_count == 1
        assert followers(redis, topic) == 1


async def test_the_first_entry_that_nobody_reads_is_the_last_that_comes(topic: str, redis: Redis) -> None:
    topics = LiveTopics()
    with topics.follow(topic):
        await topics.read(topic, None, 1)
    with topics.follow(f"{topic}.other") as inbox:
        await topics.read(f"{topic}.other", None, 1)
        append(topic, 1)
        append(f"{topic}.other", 2)
        await next_entry(inbox)
        async with asyncio.timeout(20):
            while followers(redis, topic):
                await asyncio.sleep(0.005)

        assert followers(redis, f"{topic}.other") == 1


async def test_a_reader_who_comes_while_the_topic_is_left_receives_entries(topic: str) -> None:
    topics = LiveTopics()
    for number in range(50):
        with topics.follow(topic):
            await topics.read(topic, None, 1)
        append(topic, number)
        for _ in range(number % 10):
            await asyncio.sleep(0)
        with topics.follow(topic) as inbox:
            await topics.read(topic, None, 1)
            append(topic, -number)
            while (await next_entry(inbox)).data["text"] != str(-number):
                pass


async def test_followers_are_forgotten_about_a_minute_after_the_last_entry(topic: str, redis: Redis) -> None:
    topics = LiveTopics()
    await topics.read(topic, None, 1)
    meta = f"{settings.REDIS_PREFIX}:topic:{topic}"
    assert 0 < redis.ttl(f"{meta}:followers") <= 60
    append(topic, 1)
    for key in (meta, f"{meta}:log", f"{meta}:followers"):
        redis.expire(key, 5)

    append(topic, 2)
    unchanged = redis.ttl(f"{meta}:followers")
    redis.hincrby(meta, "renewed", -10)
    append(topic, 3)

    assert unchanged <= 5
    assert 50 < redis.ttl(f"{meta}:followers") <= 60
    assert 3590 < redis.ttl(meta) <= 3600
    assert 3590 < redis.ttl(f"{meta}:log") <= 3600


async def test_entries_of_other_topics_do_not_arrive(topic: str) -> None:
    topics = LiveTopics()
    with topics.follow(topic) as inbox, topics.follow(f"{topic}.other") as other:
        await topics.read(topic, None, 1)
        await topics.read(f"{topic}.other", None, 1)
        append(f"{topic}.other", 1)
        append(topic, 2)

        assert (await next_entry(inbox)).data["text"] == "2"
        assert (await next_entry(other)).data["text"] == "1"


async def test_a_message_that_is_not_ours_is_skipped(topic: str, caplog: pytest.LogCaptureFixture) -> None:
    topics = LiveTopics()
    with topics.follow(topic) as inbox:
        await topics.read(topic, None, 1)
        thread_client().publish(topics._channel, b"\xc1 not msgpack")
        await topics._layer.send(topics._channel, {"type": "log.entries", "entries": [["topic"]]})
        append(topic, 1)

        assert (await next_entry(inbox)).data["text"] == "1"
        assert "not one of ours" in caplog.text


async def test_a_reader_wakes_after_a_silent_tick_and_goes_on(topic: str) -> None:
    topics = LiveTopics()
    with topics.follow(topic) as inbox:
        await topics.read(topic, None, 1)
        async with asyncio.timeout(20):
            assert [await inbox.next(0.02) for _ in range(3)] == [None] * 3
        append(topic, 1)
        async with asyncio.timeout(20):
            while (entry := await inbox.next(0.02)) is None:
                pass

        assert entry.data["text"] == "1"


async def test_a_slow_reader_is_told_once_that_it_has_missed_entries(
    topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_topics, "INBOX_LIMIT", 3)
    inbox = Inbox()
    entries = [Entry(event_log.EntryId(1, number), {}) for number in range(1, 6)]
    for entry in entries:
        inbox.put(entry)

    assert await inbox.next(LONG) is None
    assert [await inbox.next(LONG), await inbox.next(LONG)] == entries[3:]
