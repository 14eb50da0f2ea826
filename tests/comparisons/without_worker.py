"""Helpers that start comparisons and end their answers without a worker."""

from __future__ import annotations

import uuid
from typing import Any

from accounts.models import User
from comparisons.schemas import CandidateRequest, CompareRequest
from comparisons.services import StartedTurn, start_comparison
from generations.models import Generation
from generations.worker.types import Outcome
from providers.adapters.base import Parameters, Usage
from tests.generations.claims import end_queued

MODELS = ("demo-swift", "demo-scholar", "demo-thinker")
Status = Generation.Status


def compare(user: User, prompt: str = "What is it like?", images: tuple[uuid.UUID, ...] = ()) -> StartedTurn:
    """Start a comparison that no worker answers."""
    candidates = tuple(CandidateRequest("demo", model, Parameters()) for model in MODELS)
    return start_comparison(user=user, request=CompareRequest(prompt, "", candidates, images=images))


def claim(generation: Generation) -> uuid.UUID:
    """Claim a generation as a worker does; return its lease."""
    lease = uuid.uuid4()
    Generation.objects.filter(pk=generation.pk).update(status=Status.STREAMING, lease=lease)
    return lease


def end(generation: Generation, text: str = "An answer.", status: Status = Status.COMPLETED, **outcome: Any) -> None:
    """End a queued generation; ``outcome`` has further fields of its Outcome."""
    fields = {"time": 1.0, "ttft": 0.5, "usage": Usage(3, 5), **outcome}
    end_queued(generation.pk, Outcome(status, text, **fields))
