"""The line of those that wait: whose turn it is, and who rings for them.

A task in Celery's queue is only a bell for one generation. Its claim finds out whether there is a place; where there is
none the generation is held back, and rung for again by whoever frees a place.
"""

from __future__ import annotations

import logging
import threading

import redis
from celery import current_app
from django.db import DatabaseError
from django.db.models import Q, QuerySet
from kombu.exceptions import OperationalError

from accounts.allowances import allowance_of
from accounts.models import User
from generations.models import Generation

logger = logging.getLogger(__name__)

ANSWER_TASK = "generations.answer"


def ring(generation: Generation) -> None:
    """Send a generation's task; raises OperationalError where the broker is away."""
    current_app.send_task(ANSWER_TASK, args=[generation.pk], priority=generation.priority, retry=False)


def batch_places(places: int) -> threading.Semaphore:
    """How many of a worker's places batch work may have: all but a quarter, which are for those who wait for their
    answers."""
    return threading.Semaphore(max(1, places - max(1, places // 4)))


def has_place(user: User) -> bool:
    """Whether one more of this user's answers may run; call it with the user locked."""
    running = Generation.objects.filter(user=user, status=Generation.Status.STREAMING).count()
    return running < allowance_of(user).running


def lock_user(user: User) -> None:
    """Let nobody else give out this user's places and budget until the transaction ends."""
    User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk").first()


def ring_next(freed: Generation) -> None:
    """Ring for those that were held back and may have the place that ``freed`` had: the user's next, and where it was
    batch work the next of that. Whom it does not reach waits until ``rescuing`` rings."""
    try:
        _ring_next(freed)
    except (redis.RedisError, OperationalError, DatabaseError) as error:
        logger.warning("nobody could be rung for after %s: %s", freed, error)


def _ring_next(freed: Generation) -> None:
    held_back = Generation.objects.filter(status=Generation.Status.QUEUED, held_back=True)
    waiting = held_back.order_by("priority", "current_run", "index")
    _ring_first(waiting.filter(user=freed.user_id))
    if freed.priority == Generation.BATCH:
        _ring_first(waiting.filter(~Q(user=freed.user_id), priority=Generation.BATCH))


def _ring_first(waiting: QuerySet[Generation]) -> None:
    generation = waiting.first()
    if generation is not None and waiting.filter(pk=generation.pk).update(held_back=False):
        ring(generation)
