"""The Celery task that answers one generation; only the generation's id travels with it."""

from __future__ import annotations

import logging
import time
from threading import Semaphore

from celery import shared_task
from django.db import connections

from core.errors import UNAVAILABLE_ERRORS
from generations.limits.queue import ANSWER_TASK
from generations.worker.claims import claim_generation
from generations.worker.process import current_worker
from generations.worker.types import Claim

logger = logging.getLogger(__name__)

GIVE_UP_AFTER = 60.0
"""Seconds for which a task waits for the database."""
RETRY_DELAY = 1.0


@shared_task(name=ANSWER_TASK, ignore_result=True)
def answer(generation_id: int) -> None:
    """Claim, answer and save one generation; a second delivery does nothing.

    No database connection is held while the answer streams.
    """
    try:
        worker = current_worker()
        claim = _claim(generation_id, worker.batch_capacity)
        connections.close_all()
        if claim is not None:
            worker.answer(claim)
    finally:
        connections.close_all()


def _claim(generation_id: int, batch_capacity: Semaphore) -> Claim | None:
    """Claim a generation, waiting for the database if it is unavailable.

    After ``GIVE_UP_AFTER`` seconds the task fails, and the reaper sends it again.
    """
    deadline = time.monotonic() + GIVE_UP_AFTER
    while True:
        try:
            return claim_generation(generation_id, batch_capacity=batch_capacity)
        except UNAVAILABLE_ERRORS as error:
            if time.monotonic() > deadline:
                raise
            logger.warning("generation %s waits for the database: %s", generation_id, error)
            connections.close_all()
            time.sleep(RETRY_DELAY)
