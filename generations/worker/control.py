"""Messages of other processes to the workers, and the sign by which they see that a worker lives.

A run goes to one worker, as a Celery task. Stops, and the news that answers wait, go to all workers at once.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import orjson
import redis
from celery import current_app
from django.conf import settings

from core.redis_clients import subscriber_client, thread_client
from generations.log import heartbeats
from generations.models import Run
from generations.selectors import ClaimId

logger = logging.getLogger(__name__)

ANSWER_TASK = "generations.answer"
RETRY_DELAY = 0.1
"""Seconds until a lost subscription is made again; others take a worker for gone after more than a second."""
WAIT = 1.0
"""Seconds for which the thread waits for the next message at a time."""
FORGET_WORKER_AFTER = int(2 * heartbeats.HANGS_AFTER)


_take_here: Callable[[int], object] | None = None


def take_runs_here(take: Callable[[int], object]) -> None:
    """Have ``take`` called with the keys of the runs that this process enqueues, which is a worker itself."""
    global _take_here
    _take_here = take


def enqueue(run: Run) -> None:
    """Send the task of a run to a worker; raises RedisError or kombu's OperationalError if Redis is unavailable."""
    if _take_here is not None:
        _take_here(run.pk)
        return
    # Celery's send_task looks up so many settings for each task that it takes half as long again.
    message = current_app.amqp.as_task_v2(str(uuid.uuid4()), ANSWER_TASK, args=(run.pk,))
    with current_app.producer_pool.acquire(block=True) as producer:
        queue = settings.CELERY_TASK_DEFAULT_QUEUE
        producer.publish(message.body, routing_key=queue, headers=message.headers, **message.properties)


def wait_while_redis_is_full(check_shutdown: Callable[[], object]) -> None:
    """Wait until Redis takes data or ``check_shutdown`` raises; Celery, which cannot receive tasks without that, would
    end the process. The worker answers what waits meanwhile."""
    while True:
        try:
            thread_client().set(f"{settings.REDIS_PREFIX}:room", 1, ex=60)
            return
        except redis.OutOfMemoryError as error:
            logger.warning("waiting for Redis, which is full: %s", error)
        except redis.RedisError:
            # Celery itself waits for a Redis that does not respond.
            return
        time.sleep(WAIT)
        check_shutdown()


def wake_workers() -> None:
    """Have the workers that have places for them claim answers that wait in the queue.

    If this fails, the reaper does it later.
    """
    try:
        thread_client().publish(_channel(), orjson.dumps({"wake": True}))
    except redis.RedisError as error:
        logger.warning("the workers cannot be woken: %s", error)


def send_stop(claims: Sequence[ClaimId]) -> None:
    """Send all workers a stop for the answers under these claims.

    A worker that misses it reads the flag in the database at its next checkpoint.
    """
    message = {"stop": [[each.generation_id, str(each.lease)] for each in claims]}
    try:
        thread_client().publish(_channel(), orjson.dumps(message))
    except redis.RedisError as error:
        logger.warning("a stop could not be sent to the workers: %s", error)


def _channel() -> str:
    return f"{settings.REDIS_PREFIX}:control"


class Listener:
    """A thread of a worker with a connection of its own: receives messages, and shows that the worker lives.

    It depends on nothing else in the process, so that a worker that is busy or waits for its database is not taken for
    dead. Calls ``on_stop`` and ``on_wake`` in its thread.
    """

    def __init__(self, worker: str, on_stop: Callable[[list[ClaimId]], object], on_wake: Callable[[], object]) -> None:
        self._worker = worker
        self._on_stop, self._on_wake = on_stop, on_wake
        self._ended = threading.Event()
        self._subscribed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)

    def start(self, timeout: float) -> None:
        """Start, and wait until the worker is subscribed, but no longer than ``timeout`` seconds."""
        self._thread.start()
        self._subscribed.wait(timeout)

    def stop(self) -> None:
        self._ended.set()
        with suppress(redis.RedisError):
            # An empty message ends the wait for the next one.
            thread_client().publish(heartbeats.worker_channel(self._worker), "")
        self._thread.join(timeout=2 * WAIT)

    def _run(self) -> None:
        client = subscriber_client()
        while not self._ended.is_set():
            try:
                self._listen(client)
            except (redis.RedisError, OSError) as error:
                logger.warning("the control channel is lost and is joined again: %s", error)
                self._ended.wait(RETRY_DELAY)
            except Exception:
                logger.exception("a message on the control channel could not be read")
                self._ended.wait(RETRY_DELAY)
        client.close()

    def _listen(self, client: redis.Redis) -> None:
        with client.pubsub() as subscription:  # type: ignore[no-untyped-call]
            subscription.subscribe(_channel(), heartbeats.worker_channel(self._worker))
            beat_at = 0.0
            while not self._ended.is_set():
                if time.monotonic() >= beat_at:
                    self._beat(client)
                    beat_at = time.monotonic() + heartbeats.INTERVAL
                message: dict[str, Any] | None = subscription.get_message(timeout=WAIT)
                if message is None:
                    continue
                self._subscribed.set()
                if message["type"] == "message" and message["data"]:
                    self._receive(orjson.loads(message["data"]))
            client.zrem(heartbeats.heartbeats_key(), self._worker)

    def _receive(self, message: dict[str, Any]) -> None:
        if "stop" in message:
            self._on_stop([ClaimId(generation_id, uuid.UUID(lease)) for generation_id, lease in message["stop"]])
        else:
            self._on_wake()

    def _beat(self, client: redis.Redis) -> None:
        heartbeats.report(client, heartbeats.heartbeats_key(), self._worker, time.time(), FORGET_WORKER_AFTER)
