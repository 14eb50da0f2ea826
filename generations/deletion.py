"""Deletion of generations: their usage stays counted, and their event logs are deleted."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable

import redis
from django.db.models import QuerySet

from core.redis_clients import thread_client
from generations.limits.budgets import count_deleted
from generations.log import event_log
from generations.log.event_log import Writer
from generations.models import IS_OPEN, Generation

logger = logging.getLogger(__name__)

TopicWriter = tuple[str, Writer]


def prepare_deletion(generations: QuerySet[Generation]) -> list[TopicWriter]:
    """Count the usage of generations that are about to be deleted, and return the writers for ``delete_logs``.

    They replace the writers of open generations, so that a worker that still streams can append nothing. Call it in
    the transaction that deletes.
    """
    count_deleted(generations)
    still_open = generations.filter(IS_OPEN).values_list("pk", "current_run__topic")
    return [(topic, Writer(key, f"deleted:{uuid.uuid4().hex}")) for key, topic in still_open]


def delete_logs(topics: Iterable[str], writers: Iterable[TopicWriter]) -> None:
    """Delete the logs of deleted topics, and refuse entries from workers that have not received the stop yet."""
    try:
        event_log.delete_all(thread_client(), topics, writers)
    except redis.RedisError as error:
        logger.warning("the logs of deleted topics cannot be deleted now and will expire: %s", error)
