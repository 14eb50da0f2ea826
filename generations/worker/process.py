"""The worker process: beside Celery's threads it runs one event loop with the streams of all its generations.

A task hands a run to the loop, which claims its generations, and ends. Those for which there is no place wait in the
queue, from which the worker claims the next ones whenever places become free.

The loop runs the shared HTTP clients, the publisher, the checkpoints and the reaper. One thread writes claims,
checkpoints and ends to the database, another one receives stops and shows that the worker lives.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future
from itertools import groupby
from typing import Any, NamedTuple

import redis
import uvloop
from celery import bootsteps
from celery.worker.state import maybe_shutdown
from django.conf import settings

from core.async_db import in_thread
from core.errors import UNAVAILABLE_ERRORS
from core.garbage import collect_seldom
from core.redis_clients import heed_cancellation, loop_client
from core.shares import Shares
from generations.log.event_log import first_epoch, waiting_entry
from generations.log.publisher import Publisher
from generations.models import Generation
from generations.selectors import ClaimId
from generations.worker import checkpoints
from generations.worker.attempt import Attempt
from generations.worker.checkpoints import Checkpoints
from generations.worker.claims import Prepared, claims_of, find_fallback, hand_back, prepare
from generations.worker.control import Listener, take_runs_here, wait_while_redis_is_full, wake_workers
from generations.worker.finalize import End, end_generations
from generations.worker.group_commit import GroupCommit, WriterEnded
from generations.worker.places import Places
from generations.worker.reaper import Reaper, recover_claim
from generations.worker.scheduler import Scheduler
from generations.worker.types import CancelReason, Claim, Fallback, Outcome
from providers.adapters.base import ErrorCode, ProviderError
from providers.adapters.http import HttpClients
from providers.adapters.timeouts import Timeouts

logger = logging.getLogger(__name__)

RETRY_DELAY = 1.0
STOPS_REMEMBERED = 10_000
"""Stops may arrive before their answer starts, so the latest ones are kept."""
SAVE_TIMEOUT = 4.0
DRAIN_TIMEOUT = 3.0
LISTENER_TIMEOUT = 2.0
FORGOTTEN_INTERVAL = 5.0
CLAIM_INTERVAL = 0.02
"""Seconds between two looks at the queue, so that places that become free together are given away together."""
NOT_PREPARED = "The answer could not be started because of an error on our side. Try again."


class StreamWorker:
    """The loop and its streams; ``start`` and ``stop`` are called once each, ``take`` from any thread."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._attempts: dict[ClaimId, Attempt] = {}
        self._forgotten: set[ClaimId] = set()
        self._stops: dict[ClaimId, None] = {}
        self._stopping = False
        self._look_at_queue = asyncio.Event()
        self._loop = uvloop.new_event_loop()
        self._places = Places(settings.WORKER_CONCURRENCY)
        self._shares = Shares()
        self._scheduler = Scheduler(
            self.name,
            self._places,
            on_waiting=lambda generations: self._soon(self._report_waiting, generations),
            on_changed=lambda: self._soon(self._look_at_queue.set),
        )
        self._thread = threading.Thread(target=self._loop.run_forever, name="streams", daemon=True)
        self._writer = GroupCommit(patience=settings.TOTAL_TIMEOUT)
        self._checkpoints = Checkpoints(self.name, self._writer)
        self._listener = Listener(
            self.name,
            on_stop=lambda claims: self._soon(self._stop, claims),
            on_wake=lambda: self._soon(self._look_at_queue.set),
        )
        self._timeouts = Timeouts(
            first_token=settings.FIRST_TOKEN_TIMEOUT,
            idle=settings.IDLE_TIMEOUT,
            total=settings.TOTAL_TIMEOUT,
        )

    def start(self) -> None:
        self._thread.start()
        self._listener.start(LISTENER_TIMEOUT)
        self._call(self._open())

    def stop(self) -> None:
        """Cancel the running answers, wait until they are saved, flush the log, and end the loop."""
        self._call(self._cancel_all())
        self._places.wait_until_left(SAVE_TIMEOUT)
        self._writer.stop(SAVE_TIMEOUT)
        # Another worker may have room for what this one has put back, or has not begun.
        wake_workers()
        self._call(self._close())
        self._listener.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=DRAIN_TIMEOUT)

    def take(self, run_id: int) -> None:
        """Have the generations of a run claimed and answered; those for which there is no place wait.

        A worker that ends leaves them to others.
        """
        if not self._stopping:
            self._places.expect_claims()
            self._claim(run_id).add_done_callback(lambda claim: self._soon(self._begin_run, run_id, claim))

    def _claim(self, run_id: int | None) -> Future[_Claimed]:
        return self._writer.submit(self._scheduler.claim, run_id, _prepared_if_available)

    def _soon(self, function: Callable[..., object], *args: Any) -> None:
        self._loop.call_soon_threadsafe(function, *args)

    def _call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    # The methods below run on the loop.

    async def _open(self) -> None:
        self._publisher = Publisher(lambda: len(self._attempts))
        self._clients = await HttpClients.open(connect_timeout=settings.CONNECT_TIMEOUT)
        self._answers: set[asyncio.Task[None]] = set()
        self._background = [
            asyncio.create_task(coroutine)
            for coroutine in (
                self._publisher.run(),
                _repeat(self._save_checkpoints, checkpoints.INTERVAL),
                _repeat(self._recover_forgotten, FORGOTTEN_INTERVAL),
                _repeat(self._claim_from_queue, CLAIM_INTERVAL),
                Reaper(self.name).run(),
            )
        ]
        # Answers may wait whose tasks went to a worker that is gone.
        self._look_at_queue.set()

    def _report_waiting(self, generations: Sequence[Generation]) -> None:
        """Tell readers that these wait, and workers that may have room for them."""
        for each in generations:
            # It may be the first entry of a topic, which begins with the epoch of its run.
            epoch = first_epoch(each.current_run) if each.delivery_count == 0 else None
            self._publisher.put(waiting_entry(each, epoch))
        self._look_at_queue.set()
        self._run(in_thread(wake_workers))

    def _begin_run(self, run_id: int, claim: Future[_Claimed]) -> None:
        error = claim.exception()
        if error is None:
            self._run(self._begin(claim.result()))
            return
        self._places.claims_came()
        if isinstance(error, WriterEnded):
            logger.info("run %s is left to other workers, since this one ends", run_id)
        else:
            # It waits until a worker looks at the queue.
            logger.error("run %s could not be claimed", run_id, exc_info=error)

    async def _begin(self, claimed: _Claimed) -> None:
        """Begin claimed generations, which were expected."""
        try:
            for generation, each in await self._prepared(claimed):
                if isinstance(each, ProviderError):
                    self._fail(generation, each)
                else:
                    self._start(each)
        finally:
            self._places.claims_came()

    async def _prepared(self, claimed: _Claimed) -> list[tuple[Generation, Prepared]]:
        """Return prepared generations, waiting for the database if it is unavailable."""
        generations, prepared = claimed
        while prepared is None:
            if self._stopping:
                return _all_fail(generations)
            await asyncio.sleep(RETRY_DELAY)
            _, prepared = await in_thread(_prepared_if_available, generations)
        return prepared

    def _start(self, claim: Claim) -> None:
        self._run(self._answer(claim))

    def _fail(self, generation: Generation, error: ProviderError) -> None:
        outcome = Outcome(Generation.Status.FAILED, error=error, time=generation.current_run.elapsed)
        self._run(self._end(generation, outcome))

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(coroutine)
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _answer(self, claim: Claim) -> None:
        """Answer a claimed generation; the claim is held until its end is saved."""
        share = self._shares.of(claim.generation.user_id)
        attempt = self._attempts[claim.id] = Attempt(claim, self._publisher, _find_fallback, share)
        if claim.id in self._stops:
            attempt.cancel(CancelReason.STOPPED)
        if self._stopping:
            attempt.cancel(CancelReason.SHUTDOWN)
        try:
            outcome = await attempt.run(self._clients, self._timeouts)
        except Exception:
            # It counts as forgotten from now on, and is recovered soon.
            logger.exception("generation %s could not be answered", claim.generation_id)
            self._drop(claim.generation)
            return
        finally:
            del self._attempts[claim.id]
            self._checkpoints.forget(claim.id)
        silent = not outcome.text and not outcome.reasoning
        if attempt.cancel_reason is CancelReason.LEASE_LOST:
            self._drop(claim.generation)
        elif outcome.status is Generation.Status.INTERRUPTED and silent:
            await self._hand_back(claim.generation, outcome)
        else:
            await self._end(claim.generation, outcome)

    async def _hand_back(self, generation: Generation, outcome: Outcome) -> None:
        """Put a generation that has no text yet back into the queue, or end it if it was stopped."""
        self._publisher.put(waiting_entry(generation))
        try:
            handed_back = await in_thread(hand_back, generation, sum(outcome.unanswered.values()))
        except UNAVAILABLE_ERRORS as error:
            logger.warning("generation %s cannot be handed back: %s", generation.pk, error)
            handed_back = True
        if handed_back:
            self._drop(generation)
        else:
            await self._end(generation, outcome)

    async def _end(self, generation: Generation, outcome: Outcome) -> None:
        """Save an end, waiting for the database if it is unavailable, and append it to the log."""
        try:
            saved = await asyncio.wrap_future(self._writer.submit(end_generations, End(generation, outcome)))
        except Exception:
            logger.exception("the end of generation %s could not be saved", generation.pk)
            return
        finally:
            self._drop(generation)
        if saved is not None:
            for entry in saved.entries:
                self._publisher.put(entry)
            if saved.has_more_to_do:
                await in_thread(saved.follow_up)

    def _drop(self, generation: Generation) -> None:
        self._places.leave(generation)
        if self._scheduler.others_wait:
            self._look_at_queue.set()

    def _stop(self, claims: Sequence[ClaimId]) -> None:
        for claim in claims:
            self._stops[claim] = None
            if claim in self._attempts:
                self._attempts[claim].cancel(CancelReason.STOPPED)
        while len(self._stops) > STOPS_REMEMBERED:
            del self._stops[next(iter(self._stops))]

    async def _save_checkpoints(self) -> None:
        await self._checkpoints.save(list(self._attempts.values()))

    async def _recover_forgotten(self) -> None:
        """Recover answers that this worker has claimed but does not hold, since their end could not be saved.

        Nobody else does so while the worker lives. They have to be seen twice, because a claim may just be under way.
        """
        forgotten = set(await in_thread(claims_of, self.name)) - self._places.held
        for claim in forgotten & self._forgotten:
            logger.warning("generation %s is claimed by this worker, which does not answer it", claim.generation_id)
            await in_thread(recover_claim, claim)
        self._forgotten = forgotten

    async def _claim_from_queue(self) -> None:
        """Claim what comes next in the queue, once a place has become free or another process says that some wait."""
        await self._look_at_queue.wait()
        self._look_at_queue.clear()
        self._places.expect_claims()
        try:
            claimed = await asyncio.wrap_future(self._claim(None))
        except Exception:
            self._places.claims_came()
            self._look_at_queue.set()
            raise
        await self._begin(claimed)
        await asyncio.sleep(self._scheduler.rest)

    async def _cancel_all(self) -> None:
        self._stopping = True
        self._scheduler.stop()
        for attempt in self._attempts.values():
            attempt.cancel(CancelReason.SHUTDOWN)

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT):
                await self._publisher.drain()
        except (TimeoutError, redis.RedisError, OSError) as error:
            logger.warning("Redis does not take the last entries: %r", error)
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._clients.close()
        await loop_client().aclose()


class _Claimed(NamedTuple):
    """Claimed generations, and each of them prepared; None if the database is unavailable."""

    generations: Sequence[Generation]
    prepared: list[tuple[Generation, Prepared]] | None


def _prepared_if_available(claimed: Sequence[Generation]) -> _Claimed:
    try:
        return _Claimed(claimed, _prepare_runs(claimed))
    except UNAVAILABLE_ERRORS as error:
        logger.warning("%d claims wait for the database: %s", len(claimed), error)
        return _Claimed(claimed, None)


def _prepare_runs(claimed: Sequence[Generation]) -> list[tuple[Generation, Prepared]]:
    """Prepare claimed generations, run by run, so that an error in one does not concern the others."""
    prepared: list[tuple[Generation, Prepared]] = []
    for _, of_run in groupby(claimed, key=lambda each: each.current_run_id):
        generations = list(of_run)
        try:
            prepared += zip(generations, prepare(generations), strict=True)
        except UNAVAILABLE_ERRORS:
            raise
        except Exception:
            logger.exception("%d answers could not be prepared", len(generations))
            prepared += _all_fail(generations)
    return prepared


def _all_fail(generations: Sequence[Generation]) -> list[tuple[Generation, Prepared]]:
    return [(each, ProviderError(ErrorCode.UPSTREAM_ERROR, NOT_PREPARED, retryable=True)) for each in generations]


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
    """Starts the loop before Celery's consumer takes tasks, and stops it after the consumer."""

    requires = ("celery.worker.components:Pool",)

    def start(self, parent: Any) -> None:
        global _current
        collect_seldom()
        _current = StreamWorker()
        _current.start()
        take_runs_here(_current.take)
        wait_while_redis_is_full(maybe_shutdown)

    def stop(self, parent: Any) -> None:
        current_worker().stop()

    def terminate(self, parent: Any) -> None:
        current_worker().stop()
