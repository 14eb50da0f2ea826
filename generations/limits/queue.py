"""The queue of answers that wait: positions in it, and the order in which they are enqueued.

The database holds the queue; a Celery task only says that the generations of one run may be claimed now. Those that
their user may not run yet are held back until the end of another answer releases them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

import redis
from celery import current_app
from django.db import DatabaseError, transaction
from django.db.models import Count, Q
from kombu.exceptions import OperationalError

from accounts.allowances import allowance_of
from accounts.models import User
from generations.limits.open_answers import lock_and_count_open
from generations.log.event_log import Payload
from generations.log.heartbeats import is_any_worker_alive
from generations.models import Generation, Run
from generations.phases import Phase

logger = logging.getLogger(__name__)

ANSWER_TASK = "generations.answer"
NO_WORKER = 0
"""The position of an answer that waits although no worker is alive."""


def enqueue(run: Run, priority: int) -> None:
    """Send the task of a run; raises kombu's OperationalError if the broker is unavailable."""
    current_app.send_task(ANSWER_TASK, args=[run.pk], priority=priority, retry=False)


def enqueue_again(run_id: int) -> None:
    """Send the task of a run once more if some of its generations may still be claimed."""
    waiting = Generation.objects.filter(current_run=run_id, status=Generation.Status.QUEUED, held_back=False)
    for generation in waiting.select_related("current_run")[:1]:
        enqueue(generation.current_run, generation.priority)


def batch_capacity(places: int) -> int:
    """Return how many of a worker's places batch work may fill: all but a quarter, which is kept for waiting users."""
    return max(1, places - max(1, places // 4))


def release(user: User) -> int:
    """Let the held-back answers of a user run as far as they may now, and enqueue them; return their number.

    If this fails, the reaper does it later.
    """
    try:
        return _release(user)
    except (redis.RedisError, OperationalError, DatabaseError) as error:
        logger.warning("the next answers of %s cannot be enqueued: %s", user, error)
        return 0


def _release(user: User) -> int:
    with transaction.atomic():
        room = allowance_of(user).max_running - lock_and_count_open(user.pk).may_run
        held_back = Generation.objects.filter(user=user, status=Generation.Status.QUEUED, held_back=True)
        waiting = held_back.select_related("current_run").order_by("priority", "current_run", "index")
        released = list(waiting[:room]) if room > 0 else []
        if released:
            held_back.filter(pk__in=[each.pk for each in released]).update(held_back=False)
    for run, priority in {each.current_run: each.priority for each in released}.items():
        enqueue(run, priority)
    return len(released)


def release_after(ended: Generation) -> None:
    """Let those answers run that waited for the end of this one: its user's next, and the next batch work of anybody if
    this was some."""
    release(ended.user)
    if ended.priority == Generation.BATCH:
        _release_batch()


def _release_batch() -> None:
    held_back = Generation.objects.filter(status=Generation.Status.QUEUED, held_back=True, priority=Generation.BATCH)
    generation = held_back.select_related("user").order_by("current_run", "index").first()
    if generation is not None:
        release(generation.user)


def waiting_entry(generation: Generation) -> Payload:
    """Return the log entry of an answer that is held back."""
    run = generation.current_run_id
    return {"run": run, "index": generation.index, "kind": "phase", "phase": Phase.WAITING}


def queue_positions(waiting: Sequence[Generation]) -> dict[int, int]:
    """Return the positions of queued generations in the whole queue, counted from 1, by primary key; one query.

    Every position is ``NO_WORKER`` if no worker is alive.
    """
    if not waiting:
        return {}
    if not is_any_worker_alive():
        return dict.fromkeys((each.pk for each in waiting), NO_WORKER)
    before = {f"before_{each.pk}": Count("pk", filter=_before(each)) for each in waiting}
    counts = Generation.objects.filter(status=Generation.Status.QUEUED).aggregate(**before)
    return {each.pk: counts[f"before_{each.pk}"] + 1 for each in waiting}


def _before(generation: Generation) -> Q:
    run = generation.current_run_id
    earlier = Q(current_run__lt=run) | Q(current_run=run, index__lt=generation.index)
    return Q(priority__lt=generation.priority) | (Q(priority=generation.priority) & earlier)


def still_queued(generation_ids: Iterable[int]) -> list[tuple[Generation, int]]:
    """Return the generations among these that still wait, with their positions; two queries."""
    waiting = list(Generation.objects.filter(pk__in=generation_ids, status=Generation.Status.QUEUED))
    positions = queue_positions(waiting)
    return [(each, positions[each.pk]) for each in waiting]
