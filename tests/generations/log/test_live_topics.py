from __future__ import annotations

import asyncio
from unittest.mock import MagicMock

import orjson
import pytest
from redis import Redis

from core.redis_clients import thread_client
from generations.log import event_log, live_topics
from generations.log.event_log import Entry, Payload
from generations.log.live_topics import Inbox, LiveTopics

pytestmark = pytest.mark.usefixtures("on_loop")
LONG = 60.0


def append(topic: str, number: int) -> None:
    entry = Payload(run=1, index=0, kind="text", text=str(number), offset=number, t=0.0)
    event_log.append(thread_client(), topic, entry)


async def next_entry(inbox: Inbox) -> Entry:
    async with asyncio.timeout(20):
        entry = await inbox.next(LONG)
    assert entry is not None
    return entry


async def subscriptions(redis: Redis, topic: str, expected: int) -> bool:
    """Wait until Redis has this number of subscriptions to the topic."""
    channel = event_log.topic_channel(topic)
    async with asyncio.timeout(20):
        while redis.pubsub_numsub(channel)[0][1] != expected:
            await asyncio.sleep(0.01)
    return True


async def test_an_entry_is_decoded_once_for_all_readers(
    topic: str, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = MagicMock(side_effect=orjson.loads)
    monkeypatch.setattr(orjson, "loads", decoded)
    topics = LiveTopics()
    async with topics.follow(topic) as one, topics.follow(topic) as other:
        append(topic, 1)

        received = [await next_entry(one), await next_entry(other)]

        assert received[0] is received[1]
        assert decoded.call_count == 1
        assert await subscriptions(redis, topic, 1)


async def test_the_last_reader_ends_the_subscription(topic: str, redis: Redis) -> None:
    topics = LiveTopics()
    async with topics.follow(topic):
        async with topics.follow(topic):
            pass
        assert await subscriptions(redis, topic, 1)

    assert await subscriptions(redis, topic, 0)


async def test_a_reader_who_comes_as_the_last_one_leaves_receives_entries(topic: str, redis: Redis) -> None:
    topics = LiveTopics()
    for number in range(20):
        async with topics.follow(topic) as inbox:
            append(topic, number)
            assert (await next_entry(inbox)).data["text"] == str(number)
        for _ in range(number):
            await asyncio.sleep(0)

    assert await subscriptions(redis, topic, 0)


async def test_entries_of_other_topics_do_not_arrive(topic: str) -> None:
    topics = LiveTopics()
    async with topics.follow(topic) as inbox, topics.follow(f"{topic}.other") as other:
        append(f"{topic}.other", 1)
        append(topic, 2)

        assert (await next_entry(inbox)).data["text"] == "2"
        assert (await next_entry(other)).data["text"] == "1"


async def test_a_message_that_is_not_ours_is_skipped(topic: str, caplog: pytest.LogCaptureFixture) -> None:
    topics = LiveTopics()
    async with topics.follow(topic) as inbox:
        channel = event_log.topic_channel(topic)
        thread_client().publish(channel, b"\xc1 not msgpack")
        await topics._layer.group_send(event_log.topic_group(topic), {"type": "log.entry", "channel": channel})
        append(topic, 1)

        assert (await next_entry(inbox)).data["text"] == "1"
        assert "not one of ours" in caplog.text


async def test_a_reader_wakes_after_a_silent_tick_and_goes_on(topic: str) -> None:
    topics = LiveTopics()
    async with topics.follow(topic) as inbox:
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
