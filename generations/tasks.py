"""The Celery task: a generation's id is all that travels."""

from __future__ import annotations

from celery import shared_task
from django.db import connections

from generations.claiming import claim_generation
from generations.line import ANSWER_TASK
from generations.worker import current_worker


@shared_task(name=ANSWER_TASK, ignore_result=True)
def answer(generation_id: int) -> None:
    """Claim, answer and save one generation. Sent twice it does nothing the second time; no database connection is held
    while the stream runs."""
    try:
        worker = current_worker()
        claim = claim_generation(generation_id, batch_places=worker.batch_places)
        connections.close_all()
        if claim is not None:
            worker.answer(claim)
    finally:
        connections.close_all()
