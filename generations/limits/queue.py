"""The queue of answers that wait: positions in it, and the order in which they are enqueued.

The database holds the queue; a Celery task only says that one generation may be claimed now. If its user may not run
one more, the claim fails and the generation is held back until the end of another answer enqueues it again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence

import redis
from celery import current_app
from django.db import DatabaseError
from django.db.models import Count, Q, QuerySet
from kombu.exceptions import OperationalError

from accounts.allowances import allowance_of
from accounts.models import User
from generations.log.heartbeats import is_any_worker_alive
from generations.models import Generation

logger = logging.getLogger(__name__)

ANSWER_TASK = "generations.answer"
NO_WORKER = 0
"""The position of an answer that waits although no worker is alive."""


def enqueue(generation: Generation) -> None:
    """Send a generation's task; raises kombu's OperationalError if the broker is unavailable."""
    current_app.send_task(ANSWER_TASK, args=[generation.pk], priority=generation.priority, retry=False)


def batch_capacity(concurrency: int) -> threading.Semaphore:
    """Return the capacity of a worker that batch work may fill: all but a quarter, which is kept for waiting users."""
    return threading.Semaphore(max(1, concurrency - max(1, concurrency // 4)))


def may_run_one_more(user: User) -> bool:
    """Return True if the user runs fewer answers than allowed; call it with the user locked. Two queries."""
    running = Generation.objects.filter(user=user, status=Generation.Status.STREAMING).count()
    return running < allowance_of(user).max_running


def lock_user(user: User) -> None:
    """Keep other transactions from using this user's allowance until this one ends."""
    User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk").first()


def enqueue_next(ended: Generation) -> None:
    """Enqueue the held-back answers that may run now that ``ended`` has ended.

    These are the user's next one and, if batch work ended, the next batch work of any other user. If this fails, the
    reaper enqueues them later.
    """
    try:
        _enqueue_next(ended)
    except (redis.RedisError, OperationalError, DatabaseError) as error:
        logger.warning("the next answers cannot be enqueued after %s: %s", ended, error)


def _enqueue_next(ended: Generation) -> None:
    held_back = Generation.objects.filter(status=Generation.Status.QUEUED, held_back=True)
    waiting = held_back.order_by("priority", "current_run", "index")
    _enqueue_first(waiting.filter(user=ended.user_id))
    if ended.priority == Generation.BATCH:
        _enqueue_first(waiting.filter(~Q(user=ended.user_id), priority=Generation.BATCH))


def _enqueue_first(waiting: QuerySet[Generation]) -> None:
    generation = waiting.first()
    # The filtered update decides between two processes that end an answer at the same moment.
    if generation is not None and waiting.filter(pk=generation.pk).update(held_back=False):
        enqueue(generation)


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
