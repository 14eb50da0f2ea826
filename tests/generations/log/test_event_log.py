from __future__ import annotations

import pytest
from channels.layers import get_channel_layer
from redis import Redis

from core.redis_clients import loop_client, thread_client
from generations.log import event_log
from generations.log.event_log import EntryId, NewEntry, Payload, Writer
from tests.support.log_entries import append_entry


def payload(text: str) -> Payload:
    return {"run": 1, "index": 0, "kind": "text", "text": text, "offset": 0, "t": 0.1}


def append(topic: str, text: str, writer: Writer | None = None) -> EntryId | None:
    result = append_entry(topic, payload(text), writer)
    return None if result is None else EntryId(*map(int, result))


def test_it_numbers_the_entries_of_a_topic_without_a_gap(topic: str) -> None:
    ids = [append(topic, text) for text in "abc"]

    assert [each.seq for each in ids if each] == [1, 2, 3]
    assert [entry.data["text"] for entry in event_log.read_now(thread_client(), topic).entries] == ["a", "b", "c"]


def test_it_keeps_topics_apart(topic: str) -> None:
    append(topic, "mine")

    other = append(f"{topic}.other", "theirs")

    assert other is not None
    assert other.seq == 1


def test_a_log_that_was_lost_starts_with_a_higher_epoch(topic: str, redis: Redis) -> None:
    before = append(topic, "before")
    event_log.delete_all(thread_client(), [topic])

    after = append(topic, "after")

    assert before is not None
    assert after is not None
    assert after.epoch > before.epoch
    assert after.seq == 1


def test_it_refuses_a_writer_that_was_replaced(topic: str) -> None:
    dead, living = Writer(7, "first"), Writer(7, "second", takes=True)
    append(topic, "from the first", dead)
    append(topic, "from the second", living)

    refused = append(topic, "too late", dead)

    assert refused is None
    texts = [entry.data["text"] for entry in event_log.read_now(thread_client(), topic).entries]
    assert texts == ["from the first", "from the second"]


def test_writers_of_other_slots_do_not_interfere(topic: str) -> None:
    append(topic, "a", Writer(1, "one"))

    assert append(topic, "b", Writer(2, "two")) is not None


def test_a_log_expires_an_hour_after_its_last_entry(topic: str, redis: Redis) -> None:
    append(topic, "a")

    lifetimes = [redis.ttl(key) for key in redis.scan_iter(f"*{topic}*")]

    assert len(lifetimes) == 2
    assert all(0 < lifetime <= event_log.LIFETIME for lifetime in lifetimes)


def test_a_log_expires_soon_after_the_end_of_its_run_unless_another_one_goes_on(topic: str, redis: Redis) -> None:
    def lifetimes() -> list[int]:
        return [redis.ttl(key) for key in redis.scan_iter(f"*{topic}*")]

    append(topic, "a")
    event_log.append(thread_client(), [NewEntry(topic, Payload(run=1, kind="done", at=""))])
    ended = lifetimes()
    append(topic, "b")

    assert len(ended) == 2
    assert all(0 < lifetime <= event_log.ENDED_LIFETIME for lifetime in ended)
    assert all(lifetime > event_log.ENDED_LIFETIME for lifetime in lifetimes())


async def test_it_publishes_to_the_channels_that_follow_a_topic_each_once(topic: str, on_loop: None) -> None:
    layer = get_channel_layer()
    channel, other = await layer.new_channel(), await layer.new_channel()
    for each in (channel, other):
        await layer.send(each, {"type": "ready"})
        assert (await layer.receive(each))["type"] == "ready"
    await event_log.read(loop_client(), topic, follower=channel)
    await event_log.read(loop_client(), f"{topic}.2", follower=channel)
    await event_log.read(loop_client(), f"{topic}.3", follower=other)
    texts = {topic: "hé\N{GRINNING FACE}", f"{topic}.2": "b", f"{topic}.3": "c", f"{topic}.4": "d"}

    result = await event_log.append(loop_client(), [NewEntry(each, payload(text)) for each, text in texts.items()])
    first, second, third, _ = event_log.entry_ids(result)
    messages = [await layer.receive(each) for each in (channel, other)]

    assert [message["type"] for message in messages] == ["log.entries"] * 2
    received = [
        [(each, EntryId(int(epoch), seq)) for each, epoch, seq, _ in message["entries"]] for message in messages
    ]
    assert received == [[(topic, first), (f"{topic}.2", second)], [(f"{topic}.3", third)]]
    assert texts[topic] in messages[0]["entries"][0][3]


def test_a_refused_entry_does_not_hold_back_the_others(topic: str) -> None:
    append(topic, "a", Writer(1, "second", takes=True))
    writers = [Writer(2, "x"), Writer(1, "first"), Writer(3, "y")]

    results = event_log.append(thread_client(), [NewEntry(topic, payload(each.token), each) for each in writers])

    first, refused, last = event_log.entry_ids(results)
    assert refused is None
    assert first is not None
    assert last is not None
    assert last.follows(first)


async def test_it_reads_only_later_entries(topic: str, on_loop: None) -> None:
    first = append(topic, "a")
    append(topic, "b")

    log = await event_log.read(loop_client(), topic, first)

    assert [entry.data["text"] for entry in log.entries] == ["b"]


@pytest.mark.parametrize("text", ["", "1", "1-", "-1", "a-b", "1-2-3", "١-١", "1" * 60 + "-1"])
def test_it_refuses_malformed_ids(text: str) -> None:
    with pytest.raises(ValueError, match="not an event id"):
        EntryId.parse(text)


@pytest.mark.usefixtures("on_loop")
async def test_a_full_redis_can_still_be_read(topic: str, redis: Redis) -> None:
    append(topic, "before")
    memory = str(redis.config_get("maxmemory")["maxmemory"])

    redis.config_set("maxmemory", 1)
    try:
        log = await event_log.read(loop_client(), topic, follower="a-channel")
    finally:
        redis.config_set("maxmemory", memory)

    assert [entry.data["text"] for entry in log.entries] == ["before"]
