from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from core.redis_clients import loop_client
from generations.log import event_log, publisher
from generations.log.event_log import EntryId, NewEntry, Payload
from generations.log.publisher import Publisher, flush_interval

pytestmark = pytest.mark.usefixtures("on_loop")
MANY = 100


@pytest.fixture
async def writing(on_loop: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Publisher]:
    """A publisher whose interval is longer than a test."""
    for name in ("LONGEST_INTERVAL", "COMPLETE_INTERVAL"):
        monkeypatch.setattr(publisher, name, 60.0)
    monkeypatch.setattr(publisher, "INTERVAL_PER_STREAM", 60.0)
    writer = Publisher(lambda: MANY)
    task = asyncio.create_task(writer.run())
    yield writer
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def entry(topic: str, text: str) -> NewEntry:
    return NewEntry(topic, Payload(run=1, index=0, kind="text", text=text, offset=0, t=0.0))


async def texts(topic: str) -> list[str]:
    log = await event_log.read(loop_client(), topic)
    return [each.data["text"] for each in log.entries]


async def written(writer: Publisher) -> None:
    async with asyncio.timeout(20):
        await writer.drain()


async def test_an_entry_after_a_pause_is_written_at_once(topic: str, writing: Publisher) -> None:
    writing.put(entry(topic, "a"))
    await written(writing)

    assert await texts(topic) == ["a"]


async def test_later_entries_wait_until_an_urgent_one_comes(topic: str, writing: Publisher) -> None:
    writing.put(entry(topic, "a"))
    await written(writing)
    writing.put(entry(topic, "b"))
    writing.ask(lambda: writing.put(entry(topic, "c")))
    await asyncio.sleep(0)
    assert await texts(topic) == ["a"]

    writing.ask(lambda: writing.put(entry(topic, "d")), urgent=True)
    await written(writing)

    assert await texts(topic) == ["a", "b", "c", "d"]


async def test_a_patient_entry_waits_for_company(topic: str, writing: Publisher) -> None:
    writing.put(entry(topic, "phase"), patient=True)
    await asyncio.sleep(0)
    assert await texts(topic) == []

    writing.ask(lambda: writing.put(entry(topic, "text")), urgent=True)
    await written(writing)

    assert await texts(topic) == ["phase", "text"]


async def test_patient_entries_do_not_delay_what_waits_already(
    topic: str, on_loop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Publisher(lambda: 1)
    task = asyncio.create_task(writer.run())
    writer.put(entry(topic, "first"))
    await written(writer)
    monkeypatch.setattr(publisher, "LONGEST_INTERVAL", 60.0)
    writer.ask(lambda: writer.put(entry(topic, "text")))
    writer.put(entry(topic, "phase"), patient=True)

    await written(writer)

    assert sorted(await texts(topic)) == ["first", "phase", "text"]
    task.cancel()


async def test_a_source_is_asked_for_what_it_has_at_the_flush(topic: str, writing: Publisher) -> None:
    parts = ["one"]
    writing.put(entry(topic, "first"))
    await written(writing)
    writing.ask(lambda: writing.put(entry(topic, " ".join(parts))))
    parts.append("two")
    writing.ask(lambda: None, urgent=True)
    await written(writing)

    assert await texts(topic) == ["first", "one two"]


async def test_ids_are_acknowledged_in_the_order_of_the_entries(topic: str, writing: Publisher) -> None:
    ids: list[EntryId | None] = []
    for number in range(publisher.BATCH * 2 + 1):
        writing.put(entry(topic, str(number)), ids.append)
    writing.ask(lambda: None, urgent=True)
    await written(writing)

    assert [each.seq for each in ids if each is not None] == list(range(1, publisher.BATCH * 2 + 2))
    assert await texts(topic) == [str(number) for number in range(publisher.BATCH * 2 + 1)]


def test_the_interval_grows_with_the_streams_up_to_a_limit() -> None:
    intervals = [flush_interval(streams, waiting=1) for streams in (0, 1, 10, 100, 1000)]

    assert intervals == sorted(intervals)
    assert intervals[0] == publisher.SHORTEST_INTERVAL
    assert intervals[-1] == publisher.LONGEST_INTERVAL


def test_it_is_shorter_once_nearly_all_streams_have_something() -> None:
    assert [flush_interval(100, waiting) for waiting in (0, 89, 90, 100)] == [0.02, 0.02, 0.01, 0.01]


async def test_text_is_written_as_soon_as_nearly_all_streams_have_something(
    topic: str, on_loop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "LONGEST_INTERVAL", 60.0)
    monkeypatch.setattr(publisher, "INTERVAL_PER_STREAM", 60.0)
    writer = Publisher(lambda: 2)
    task = asyncio.create_task(writer.run())
    writer.put(entry(topic, "first"))
    await written(writer)
    writer.ask(lambda: writer.put(entry(topic, "one")))
    await asyncio.sleep(2 * publisher.COMPLETE_INTERVAL)
    assert await texts(topic) == ["first"]

    writer.ask(lambda: writer.put(entry(topic, "other")))
    await written(writer)

    assert await texts(topic) == ["first", "one", "other"]
    task.cancel()
