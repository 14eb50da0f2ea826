"""Emptying the event logs of what was deleted, for good."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable

import redis
from django.db.models import QuerySet

from core.redis_clients import thread_client
from generations.limits.budgets import settle_deleted
from generations.log import event_log
from generations.log.event_log import Writer
from generations.models import Generation

logger = logging.getLogger(__name__)

TopicWriter = tuple[str, Writer]


def writers_instead(generations: QuerySet[Generation]) -> list[TopicWriter]:
    """Who takes the place of those that still write for ``generations``, which are to be deleted; for ``forget_logs``,
    once they are. What they took so far is counted."""
    settle_deleted(generations)
    still = generations.filter(status__in=Generation.OPEN).values_list("pk", "current_run__topic")
    return [(topic, Writer(key, f"deleted:{uuid.uuid4().hex}")) for key, topic in still]


def forget_logs(topics: Iterable[str], writers: Iterable[TopicWriter]) -> None:
    """Empty the logs; workers that have not heard of the stop yet are not let into them any more."""
    try:
        event_log.delete_all(thread_client(), topics, writers)
    except redis.RedisError as error:
        logger.warning("the logs of what was deleted are left to expire: %s", error)
