"""The worker process: beside Celery's threads it runs one event loop with the streams of all its generations.

A task hands its claim to the loop and waits. The loop also runs the shared HTTP clients, the publisher, the listener
for stops, the checkpoints, and the reaper.
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

from core.async_db import in_thread
from core.errors import UNAVAILABLE_ERRORS
from core.redis_clients import heed_cancellation, loop_client
from generations.limits.queue import batch_capacity
from generations.log import heartbeats
from generations.log.publisher import Publisher
from generations.models import Generation
from generations.worker import checkpoints, control
from generations.worker.attempt import Attempt
from generations.worker.checkpoints import Checkpoints
from generations.worker.claims import find_fallback
from generations.worker.finalize import PendingEntries, end_generation
from generations.worker.leases import requeue_claim
from generations.worker.reaper import reap_forever
from generations.worker.types import CancelReason, Claim, Fallback, Outcome
from providers.adapters.http import HttpClients
from providers.adapters.timeouts import Timeouts

logger = logging.getLogger(__name__)

RETRY_DELAY = 1.0
STOPS_REMEMBERED = 10_000
"""Stops may arrive before their answer starts, so the latest ones are kept."""
SAVE_TIMEOUT = 4.0
DRAIN_TIMEOUT = 3.0
FORGET_WORKER_AFTER = 60.0


class StreamWorker:
    """The loop and its streams; ``start`` and ``stop`` are called once each, ``answer`` from any thread."""

    def __init__(self) -> None:
        self.batch_capacity = batch_capacity(settings.WORKER_CONCURRENCY)
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._attempts: dict[uuid.UUID, Attempt] = {}
        self._checkpoints = Checkpoints()
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
        """Cancel the running answers, wait until their tasks have saved them, flush the log, and end the loop."""
        self._call(self._cancel_all())
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
                self.batch_capacity.release()
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
        pending = self._save(claim, outcome)
        if pending is not None:
            self._loop.call_soon_threadsafe(self._append, pending)

    def _save(self, claim: Claim, outcome: Outcome) -> PendingEntries | None:
        """Save an end, waiting for the database if it is unavailable.

        If the lease lapses meanwhile, another process ends the generation.
        """
        deadline = time.monotonic() + settings.TOTAL_TIMEOUT
        while True:
            try:
                return end_generation(claim.generation_id, outcome, lease=claim.lease)
            except UNAVAILABLE_ERRORS as error:
                if time.monotonic() > deadline or self._stopping:
                    raise
                logger.warning("the end of generation %s waits for the database: %s", claim.generation_id, error)
                time.sleep(RETRY_DELAY)

    def _append(self, pending: PendingEntries) -> None:
        for payload, writer in pending.entries:
            self._publisher.put(pending.topic, payload, writer)

    def _call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    # The methods below run on the loop.

    async def _open(self) -> None:
        self._publisher = Publisher()
        self._clients = await HttpClients.open(connect_timeout=settings.CONNECT_TIMEOUT)
        self._background = [
            asyncio.create_task(coroutine)
            for coroutine in (
                self._publisher.run(),
                _repeat(self._listen_for_stops, 0.0),
                _repeat(self._save_checkpoints, checkpoints.INTERVAL),
                _repeat(self._beat, heartbeats.INTERVAL),
                reap_forever(),
            )
        ]

    async def _answer(self, claim: Claim) -> Outcome | None:
        """Return the outcome, or None if another process has taken the generation over."""
        attempt = self._attempts[claim.lease] = Attempt(
            claim, self._publisher, lambda: len(self._attempts), _find_fallback
        )
        if claim.lease in self._stops:
            attempt.cancel(CancelReason.STOPPED)
        if self._stopping:
            attempt.cancel(CancelReason.SHUTDOWN)
        try:
            outcome = await attempt.run(self._clients, self._timeouts)
        finally:
            del self._attempts[claim.lease]
            self._checkpoints.forget(claim.lease)
        return None if attempt.cancel_reason is CancelReason.LEASE_LOST else outcome

    async def _listen_for_stops(self) -> None:
        async for leases in control.stops():
            for lease in leases:
                self._stops[lease] = None
                if lease in self._attempts:
                    self._attempts[lease].cancel(CancelReason.STOPPED)
            while len(self._stops) > STOPS_REMEMBERED:
                del self._stops[next(iter(self._stops))]

    async def _save_checkpoints(self) -> None:
        await self._checkpoints.save(list(self._attempts.values()))

    async def _beat(self) -> None:
        key, now = heartbeats.heartbeats_key(), time.time()
        await loop_client().zadd(key, {self.name: now})
        await loop_client().zremrangebyscore(key, 0, now - FORGET_WORKER_AFTER)

    async def _cancel_all(self) -> None:
        self._stopping = True
        for attempt in self._attempts.values():
            attempt.cancel(CancelReason.SHUTDOWN)

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT):
                await self._publisher.drain()
                await loop_client().zrem(heartbeats.heartbeats_key(), self.name)
        except (TimeoutError, redis.RedisError, OSError) as error:
            logger.warning("Redis does not take the last entries: %r", error)
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._clients.close()
        await loop_client().aclose()


async def _find_fallback(claim: Claim) -> Fallback | None:
    try:
        return await in_thread(find_fallback, claim)
    except UNAVAILABLE_ERRORS as error:
        logger.warning("%s cannot answer generation %s instead: %s", claim.fallback, claim.generation_id, error)
        return None


async def _repeat(job: Callable[[], Awaitable[None]], interval: float) -> None:
    """Run a job repeatedly; log an error and go on, because a worker outlives outages of Redis and the database."""
    while True:
        try:
            await job()
            heed_cancellation()
            await asyncio.sleep(interval)
        except Exception as error:
            logger.warning("%s failed and is tried again: %r", getattr(job, "__name__", "a job"), error)
            await asyncio.sleep(RETRY_DELAY)


_current: StreamWorker | None = None


def current_worker() -> StreamWorker:
    """Return this process's worker; raises RuntimeError outside a worker process."""
    if _current is None:
        raise RuntimeError("generations are answered in a Celery worker process")
    return _current


class StreamStep(bootsteps.StartStopStep):
    """Starts the loop before Celery's consumer takes tasks, and stops it after the consumer and before the pool, so
    that the pool's threads can finish."""

    requires = ("celery.worker.components:Pool",)

    def start(self, parent: Any) -> None:
        global _current
        _current = StreamWorker()
        _current.start()

    def stop(self, parent: Any) -> None:
        current_worker().stop()

    def terminate(self, parent: Any) -> None:
        current_worker().stop()
