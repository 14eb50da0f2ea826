"""Reaper: ends or requeues generations whose worker is gone, and wakes workers that have missed answers that wait.

One loop in every process runs it, web processes included, since there may be no worker left to do it.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from datetime import timedelta

import redis
from django.utils import timezone

from accounts.models import User
from core.async_db import in_thread
from core.columns import stored_value
from core.redis_clients import thread_client
from core.statements import rows_of
from generations.log import event_log
from generations.log.event_log import Writer, waiting_entry
from generations.log.heartbeats import gone_workers
from generations.models import IS_OPEN, OPEN_STATUSES, Generation
from generations.selectors import ClaimId
from generations.worker.claims import hand_back
from generations.worker.control import wake_workers
from generations.worker.finalize import announce_end, end_generation
from generations.worker.releases import release
from generations.worker.types import Outcome

logger = logging.getLogger(__name__)

INTERVAL = 0.8
"""Seconds between two looks of a process at the workers."""
GONE_FOR = 1.2
"""Seconds for which this process has to see no sign of life of a worker. After an outage of Redis a living worker needs
a moment to subscribe again."""
QUEUE_INTERVAL = 5.0
"""Seconds between two looks of a process at the queue."""
MISSED_AFTER = timedelta(seconds=3)
"""The time from which the task of an answer, or the end that it waited for, may have been missed."""
RELEASED_AT_ONCE = 50
"""Users who are looked at for that at a time."""
MAX_DELIVERIES = 3
"""Claims after which a generation without any text is given up, since it may be the cause of its workers' death."""


OPEN = f"SELECT {{}} FROM {Generation._meta.db_table} WHERE status IN {OPEN_STATUSES}"  # noqa: S608
WORKERS = OPEN.format("DISTINCT worker") + " AND status = 'streaming'"
MISSED = OPEN.format("DISTINCT CASE WHEN held_back THEN user_id END") + " AND status = 'queued' AND queued_at < %s"
"""Every process asks these for as long as it runs, so they cost no more than they have to."""


class Reaper:
    """The looks of one process; ``worker`` is the process's own name if it is a worker, which never counts as gone."""

    def __init__(self, worker: str = "") -> None:
        self._worker = worker
        self._gone_since: dict[str, float] = {}
        self._queue_checked_at = float("-inf")

    async def run(self) -> None:
        """Look at the workers and the queue, without end; a look that fails is logged, and the next one tries again."""
        while True:
            try:
                if count := await in_thread(self.reap):
                    logger.warning("recovered %d generations whose worker was lost, or whose turn was missed", count)
            except Exception as error:
                self._gone_since.clear()
                logger.warning("lost generations cannot be recovered now: %r", error)
            await asyncio.sleep(INTERVAL)

    def reap(self) -> int:
        """End or requeue the generations of gone workers, and see to those that wait; return how many had been lost.

        It is safe to call in any process at any time, because filtered updates decide which one acts.
        """
        count = sum(map(recover, self._orphans()))
        now = time.monotonic()
        if now - self._queue_checked_at >= QUEUE_INTERVAL:
            self._queue_checked_at = now
            count += look_at_queue()
        return count

    def _orphans(self) -> list[Generation]:
        """Return the streaming generations of workers that have been gone for long enough; one query without any."""
        workers = {worker for (worker,) in rows_of(WORKERS)} - {self._worker}
        now, gone = time.monotonic(), gone_workers(sorted(workers))
        self._gone_since = {worker: self._gone_since.get(worker, now) for worker in gone}
        lost = [worker for worker, since in self._gone_since.items() if now - since >= GONE_FOR]
        if not lost:
            return []
        streaming = Generation.objects.filter(IS_OPEN, status=Generation.Status.STREAMING, worker__in=lost)
        return list(streaming.select_related("current_run", "user"))


def recover_claim(claim: ClaimId) -> None:
    """End or requeue the generation of a claim that nobody answers, if the claim still stands."""
    rows = Generation.objects.filter(pk=claim.generation_id, lease=claim.lease, status=Generation.Status.STREAMING)
    for generation in rows.select_related("current_run", "user"):
        recover(generation)


def recover(generation: Generation) -> bool:
    """End a generation whose worker is gone, or put it back into the queue if nothing had been said; return False if
    another process has done so."""
    claimed = Generation.objects.filter(pk=generation.pk, lease=generation.lease, status=Generation.Status.STREAMING)
    if not claimed.exists():
        return False
    _refuse_entries(generation)
    generation.refresh_from_db(fields=["text", "reasoning", "stop_requested"])
    text, reasoning = _last_known(generation)
    silent = not text and not reasoning
    if silent and generation.delivery_count < MAX_DELIVERIES and not generation.stop_requested:
        _tell_waiting(generation)
        # Whether the vendor has taken the request is unknown, and likely.
        if not hand_back(generation, generation.unanswered + 1):
            return False
        wake_workers()
        return True
    status = Generation.Status.STOPPED if generation.stop_requested else Generation.Status.INTERRUPTED
    unanswered = {generation.model_ref: generation.unanswered + silent}
    time = generation.current_run.elapsed
    outcome = Outcome(status=status, text=text, reasoning=reasoning, time=time, unanswered=unanswered)
    saved = end_generation(generation, outcome)
    announce_end(saved)
    return saved is not None


def _refuse_entries(generation: Generation) -> None:
    """Refuse log entries of the generation's claim from now on, if Redis is available."""
    try:
        writer = Writer(generation.pk, f"recovered:{uuid.uuid4().hex}")
        event_log.take_over(thread_client(), generation.current_run.topic, writer)
    except redis.RedisError as error:
        logger.warning("the log of %s cannot be taken over now: %s", generation.current_run.topic, error)


def _tell_waiting(generation: Generation) -> None:
    """Tell readers that the generation waits again, before another worker can say that it goes on."""
    try:
        event_log.append(thread_client(), [waiting_entry(generation)])
    except redis.RedisError as error:
        logger.warning("the log of %s cannot be appended to now: %s", generation.current_run.topic, error)


def _last_known(generation: Generation) -> tuple[str, str]:
    """Return the longest text and reasoning known: the last checkpoint's, continued by what the log has beyond it."""
    known = {"text": _Known(generation.text), "reasoning": _Known(generation.reasoning)}
    try:
        log = event_log.read_now(thread_client(), generation.current_run.topic)
    except redis.RedisError:
        return generation.text, generation.reasoning
    for entry in log.entries:
        data = entry.data
        if data["run"] != generation.current_run_id or data.get("index") != generation.index:
            continue
        if data["kind"] == "restart":
            known = {"text": _Known(""), "reasoning": _Known(data["reasoning"])}
        elif data["kind"] == "reset":
            known = {channel: max(each, _Known(data[channel]), key=len) for channel, each in known.items()}
        elif data["kind"] in known:
            known[data["kind"]].add(data["text"], data["offset"])
    return known["text"].text, known["reasoning"].text


class _Known:
    """A text that is put together from its pieces, of which some may have come before."""

    def __init__(self, text: str) -> None:
        self._pieces = [text]
        self._length = len(text)

    def __len__(self) -> int:
        return self._length

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def add(self, text: str, offset: int) -> None:
        """Add the part of a piece that is not known yet, unless something before it is missing."""
        if offset <= self._length < offset + len(text):
            self._pieces.append(text[self._length - offset :])
            self._length = offset + len(text)


def look_at_queue() -> int:
    """Wake the workers if answers wait that they may have missed, and release answers whose release was missed; return
    the number of those. One query if there are none.
    """
    before = stored_value(Generation, "queued_at", timezone.now() - MISSED_AFTER)
    users = [user for (user,) in rows_of(MISSED, before)]
    if None in users:
        wake_workers()
    held_back = [user for user in users if user is not None][:RELEASED_AT_ONCE]
    return sum(map(release, User.objects.filter(pk__in=held_back))) if held_back else 0
