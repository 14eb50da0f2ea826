"""The Celery task: a generation's id is all that travels."""

from __future__ import annotations

import logging
import time
from threading import Semaphore

from celery import shared_task
from django.db import InterfaceError, OperationalError, connections

from generations.limits.queue import ANSWER_TASK
from generations.worker.attempt import Claim
from generations.worker.claims import claim_generation
from generations.worker.process import current_worker

logger = logging.getLogger(__name__)

PATIENCE = 60.0
RETRY_DELAY = 1.0


@shared_task(name=ANSWER_TASK, ignore_result=True)
def answer(generation_id: int) -> None:
    """Claim, answer and save one generation. Sent twice it does nothing the second time; no database connection is held
    while the stream runs."""
    try:
        worker = current_worker()
        claim = _claimed(generation_id, worker.batch_places)
        connections.close_all()
        if claim is not None:
            worker.answer(claim)
    finally:
        connections.close_all()


def _claimed(generation_id: int, batch_places: Semaphore) -> Claim | None:
    """Wait for a database that is away; after a while the task is given up, and sent again by whoever rescues."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return claim_generation(generation_id, batch_places=batch_places)
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > deadline:
                raise
            logger.warning("generation %s waits for the database: %s", generation_id, error)
            connections.close_all()
            time.sleep(RETRY_DELAY)
