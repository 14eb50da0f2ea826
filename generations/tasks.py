"""The Celery task that answers one run; only the run's id travels with it."""

from __future__ import annotations

from celery import shared_task

from generations.worker.control import ANSWER_TASK
from generations.worker.process import current_worker


@shared_task(name=ANSWER_TASK, ignore_result=True)
def answer(run_id: int) -> None:
    """Claim the generations of a run for which there is a place, and hand them to the worker's loop.

    The others wait in the queue. A second delivery does nothing.
    """
    current_worker().take(run_id)
