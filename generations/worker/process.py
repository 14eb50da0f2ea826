"""What a worker process runs beside Celery's threads: one event loop with the streams of all its generations.

A task hands its claim to the loop and waits. On the loop live the shared HTTP clients, the publisher, the listener
for stops, the checkpointer that saves partial texts and renews leases, and the round that rescues what other workers
lost.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import redis
import uvloop
from celery import bootsteps
from django.conf import settings
from django.db import InterfaceError, OperationalError

from core.async_db import in_thread
from core.redis_clients import heed_cancellation, loop_client
from generations.limits.admission import reserve_more
from generations.limits.queue import batch_places
from generations.log import heartbeats
from generations.log.publisher import Publisher
from generations.models import Generation
from generations.worker import control, reaper
from generations.worker.attempt import Answer, Cause, Claim, Outcome, Substitute
from generations.worker.claims import Texts, find_substitute, requeue_claim, save_checkpoint
from generations.worker.finalize import Told, end_generation
from providers.adapters.http import HttpClients
from providers.adapters.timeouts import Timeouts

logger = logging.getLogger(__name__)

CHECKPOINT_INTERVAL = 1.5
RETRY_DELAY = 1.0
STOPS_REMEMBERED = 10_000
SAVE_TIMEOUT = 4.0
DRAIN_TIMEOUT = 3.0
FORGOTTEN_AFTER = 60.0


class StreamWorker:
    """The loop and its streams; ``start`` and ``stop`` are called once each, ``answer`` from any thread."""

    def __init__(self) -> None:
        self.batch_places = batch_places(settings.WORKER_CONCURRENCY)
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._answers: dict[uuid.UUID, Answer] = {}
        self._saved: dict[uuid.UUID, tuple[int, int]] = {}
        self._stops: dict[uuid.UUID, None] = {}
        self._stopping = False
        self._busy = 0
        self._idle = threading.Condition()
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="streams", daemon=True)
        self._timeouts = Timeouts(
            first_token=settings.FIRST_TOKEN_TIMEOUT,
            between_tokens=settings.BETWEEN_TOKENS_TIMEOUT,
            total=settings.TOTAL_TIMEOUT,
        )

    def start(self) -> None:
        self._thread.start()
        self._call(self._open())

    def stop(self) -> None:
        """Cut off what still runs, wait until its tasks have saved it, write what is still to be told, and end the
        loop."""
        self._call(self._cut_all())
        with self._idle:
            self._idle.wait_for(lambda: self._busy == 0, timeout=SAVE_TIMEOUT)
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=DRAIN_TIMEOUT)

    def answer(self, claim: Claim) -> None:
        """Answer a claimed generation and save how it ended; blocks the calling thread until then."""
        with self._idle:
            self._busy += 1
        try:
            self._answer_and_save(claim)
        finally:
            if claim.batch:
                self.batch_places.release()
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def _answer_and_save(self, claim: Claim) -> None:
        outcome = self._call(self._answer(claim))
        if outcome is None:
            return
        silent = not outcome.text and not outcome.reasoning
        if outcome.status is Generation.Status.INTERRUPTED and silent and requeue_claim(claim):
            return
        told = self._save(claim, outcome)
        if told is not None:
            self._loop.call_soon_threadsafe(self._tell, told)

    def _save(self, claim: Claim, outcome: Outcome) -> Told | None:
        """Save an end, waiting for a database that is away; the lease may run out meanwhile, then another has ended
        it."""
        deadline = time.monotonic() + settings.TOTAL_TIMEOUT
        while True:
            try:
                return end_generation(claim.generation_id, outcome, lease=claim.lease)
            except (OperationalError, InterfaceError) as error:
                if time.monotonic() > deadline or self._stopping:
                    raise
                logger.warning("the end of generation %s waits for the database: %s", claim.generation_id, error)
                time.sleep(RETRY_DELAY)

    def _tell(self, told: Told) -> None:
        for payload, writer in told.entries:
            self._publisher.put(told.topic, payload, writer)

    def _call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    # On the loop

    async def _open(self) -> None:
        self._publisher = Publisher()
        self._clients = await HttpClients.open(connect_timeout=settings.CONNECT_TIMEOUT)
        self._duties = [
            asyncio.create_task(duty)
            for duty in (
                self._publisher.run(),
                _forever(self._hear_stops, 0.0),
                _forever(self._checkpoint, CHECKPOINT_INTERVAL),
                _forever(self._rescue, reaper.INTERVAL),
                _forever(self._beat, heartbeats.INTERVAL),
            )
        ]

    async def _answer(self, claim: Claim) -> Outcome | None:
        """The outcome, or None where another has taken the generation over."""
        answer = self._answers[claim.lease] = Answer(
            claim, self._publisher, lambda: len(self._answers), _find_substitute
        )
        if claim.lease in self._stops:
            answer.cut(Cause.STOPPED)
        if self._stopping:
            answer.cut(Cause.SHUTDOWN)
        try:
            outcome = await answer.run(self._clients, self._timeouts)
        finally:
            del self._answers[claim.lease]
            self._saved.pop(claim.lease, None)
        return None if answer.cause is Cause.LEASE_LOST else outcome

    async def _hear_stops(self) -> None:
        async for leases in control.stops():
            for lease in leases:
                self._stops[lease] = None
                if lease in self._answers:
                    self._answers[lease].cut(Cause.STOPPED)
            while len(self._stops) > STOPS_REMEMBERED:
                del self._stops[next(iter(self._stops))]

    async def _checkpoint(self) -> None:
        answers = list(self._answers.values())
        if not answers:
            return
        # Taken here, on the loop, where nothing is added to an answer meanwhile.
        now = {answer.claim.lease: Texts(answer.text, answer.reasoning) for answer in answers}
        sizes = {lease: (len(texts.text), len(texts.reasoning)) for lease, texts in now.items()}
        changed = {lease: now[lease] for lease in now if self._saved.get(lease, (0, 0)) != sizes[lease]}
        held = await in_thread(save_checkpoint, leases=list(now), changed=changed)
        for answer in answers:
            lease = answer.claim.lease
            if lease in held.stops:
                answer.cut(Cause.STOPPED)
            elif lease in held.leases:
                self._saved[lease] = sizes[lease]
            else:
                answer.cut(Cause.LEASE_LOST)
        for answer in answers:
            if answer.has_outgrown:
                await self._reserve_more(answer)

    async def _reserve_more(self, answer: Answer) -> None:
        refusal = await in_thread(reserve_more, answer.claim.generation_id)
        if refusal:
            answer.refuse(refusal)
        else:
            answer.granted += settings.EXPECTED_OUTPUT_TOKENS

    async def _rescue(self) -> None:
        count = await in_thread(reaper.rescue_generations)
        if count:
            logger.warning("rescued %d generations that had lost their worker", count)

    async def _beat(self) -> None:
        key, now = heartbeats.heartbeats_key(), time.time()
        await loop_client().zadd(key, {self.name: now})
        await loop_client().zremrangebyscore(key, 0, now - FORGOTTEN_AFTER)

    async def _cut_all(self) -> None:
        self._stopping = True
        for answer in self._answers.values():
            answer.cut(Cause.SHUTDOWN)

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT):
                await self._publisher.drain()
                await loop_client().zrem(heartbeats.heartbeats_key(), self.name)
        except (TimeoutError, redis.RedisError, OSError) as error:
            logger.warning("Redis does not take what was left to tell: %r", error)
        for duty in self._duties:
            duty.cancel()
        await asyncio.gather(*self._duties, return_exceptions=True)
        await self._clients.close()
        await loop_client().aclose()


async def _find_substitute(claim: Claim) -> Substitute | None:
    try:
        return await in_thread(find_substitute, claim)
    except (OperationalError, InterfaceError) as error:
        logger.warning("%s cannot stand in for generation %s: %s", claim.fallback, claim.generation_id, error)
        return None


async def _forever(duty: Callable[[], Awaitable[None]], interval: float) -> None:
    """Do it again and again; what goes wrong is logged and tried again, for a worker outlives its Redis and
    database."""
    while True:
        try:
            await duty()
            heed_cancellation()
            await asyncio.sleep(interval)
        except Exception as error:
            logger.warning("%s failed and is tried again: %r", getattr(duty, "__name__", "duty"), error)
            await asyncio.sleep(RETRY_DELAY)


_current: StreamWorker | None = None


def current_worker() -> StreamWorker:
    """This process's worker; raises RuntimeError outside a worker process."""
    if _current is None:
        raise RuntimeError("generations are answered in a Celery worker process")
    return _current


class StreamStep(bootsteps.StartStopStep):
    """Opens the loop before Celery's consumer takes tasks, and closes it after the consumer and before the pool, so
    that the pool's threads come to an end."""

    requires = ("celery.worker.components:Pool",)

    def start(self, parent: Any) -> None:
        global _current
        _current = StreamWorker()
        _current.start()

    def stop(self, parent: Any) -> None:
        current_worker().stop()

    def terminate(self, parent: Any) -> None:
        current_worker().stop()
