"""The Celery task that answers one run; only the run's id travels with it."""

from __future__ import annotations

from celery import shared_task
from django.db import connections

from generations.limits.queue import ANSWER_TASK
from generations.worker.process import current_worker


@shared_task(name=ANSWER_TASK, ignore_result=True)
def answer(run_id: int) -> None:
    """Claim the generations of a run and hand them to the worker's loop; a second delivery does nothing.

    Waits until the worker has places for them, so that other workers take the tasks behind this one meanwhile.
    """
    try:
        current_worker().take(run_id)
    finally:
        connections.close_all()
