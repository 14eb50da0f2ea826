from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.async_db import in_thread
from core.redis_clients import loop_client
from generations.limits.admission import GenerationRequest
from generations.log import event_log
from generations.log.publisher import Publisher
from generations.models import Run
from generations.services import start_run
from generations.worker import transcript
from generations.worker.transcript import Transcript
from providers.adapters.base import Message, Request
from tests.generations.claims import claim_generation

pytestmark = pytest.mark.usefixtures("on_loop")
REQUEST = GenerationRequest("demo", Request("demo-swift", (Message("user", "Hello"),)))


@pytest.fixture
async def publisher(on_loop: None) -> AsyncIterator[Publisher]:
    writer = Publisher(lambda: 1)
    task = asyncio.create_task(writer.run())
    yield writer
    task.cancel()


async def begin(user: User, topic: str, publisher: Publisher, **options: Any) -> Transcript:
    """Return the transcript of a new answer that a worker has just claimed."""

    def claim() -> Any:
        with transaction.atomic():
            run = start_run(user=user, topic=topic, requests=[REQUEST], new_topic=True, **options)
        return claim_generation(run.generations[0].pk)

    return Transcript(await in_thread(claim), publisher)


async def texts(topic: str, publisher: Publisher) -> list[str]:
    await publisher.drain()
    log = await event_log.read(loop_client(), topic)
    return [entry.data["text"] for entry in log.entries]


async def test_batch_text_is_published_at_intervals(
    alice: User, topic: str, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript, "BATCH_INTERVAL", 0.05)
    batch = await begin(alice, topic, publisher, batch=True)

    for part in ("Once", " upon", " a time"):
        batch.add("text", part)
        await asyncio.sleep(0)
    assert await texts(topic, publisher) == []

    async with asyncio.timeout(20):
        while not (published := await texts(topic, publisher)):
            await asyncio.sleep(0.01)
    assert published == ["Once upon a time"]


async def test_batch_text_is_published_at_the_end_of_the_answer(alice: User, topic: str, publisher: Publisher) -> None:
    batch = await begin(alice, topic, publisher, batch=True)

    batch.add("text", "Once")
    batch.flush()

    assert await texts(topic, publisher) == ["Once"]


async def test_the_log_of_a_new_topic_begins_with_the_epoch_of_its_run(
    alice: User, topic: str, publisher: Publisher
) -> None:
    new = await begin(alice, topic, publisher)
    new.add("text", "Once")
    await publisher.drain()

    run = await in_thread(Run.objects.get, topic=topic)
    assert (await event_log.read(loop_client(), topic)).epoch == event_log.epoch_of(run)


def test_a_log_that_may_replace_a_lost_one_gets_an_epoch_of_its_own(topic: str) -> None:
    young, old = Run(topic=topic), Run(topic=topic, accepted_at=timezone.now() - timedelta(seconds=3))

    assert event_log.first_epoch(young) == event_log.epoch_of(young)
    assert event_log.first_epoch(old) is None


async def test_it_keeps_a_bounded_number_of_times(
    alice: User, topic: str, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript, "MOST_TIMES", 8)
    answer = await begin(alice, topic, publisher)

    for _ in range(50):
        answer.add("text", "word ")
        answer.flush()

    offsets = [offset for offset, _ in answer.timeline]
    assert len(offsets) <= 8
    assert offsets == sorted(offsets)
    assert (offsets[0], offsets[-1], answer.length) == (0, 49 * 5, 50 * 5)
