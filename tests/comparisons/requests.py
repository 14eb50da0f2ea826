"""What is asked here, and how answers end."""

from __future__ import annotations

import uuid
from typing import Any

from accounts.models import User
from comparisons.schemas import CandidateRequest, CompareRequest
from comparisons.services import StartedTurn, start_comparison
from generations.models import Generation
from generations.worker.finalize import append_now, end_generation
from generations.worker.types import Outcome
from providers.adapters.base import Parameters, Usage

MODELS = ("demo-swift", "demo-scholar", "demo-thinker")
Status = Generation.Status


def ask(user: User, prompt: str = "What is it like?", images: tuple[uuid.UUID, ...] = ()) -> StartedTurn:
    """Start a comparison that nobody answers."""
    entries = tuple(CandidateRequest("demo", model, Parameters()) for model in MODELS)
    return start_comparison(user=user, request=CompareRequest(prompt, "", entries, images=images))


def claim(generation: Generation) -> uuid.UUID:
    """Begin with a generation, as a worker does."""
    lease = uuid.uuid4()
    Generation.objects.filter(pk=generation.pk).update(status=Status.STREAMING, lease=lease)
    return lease


def end(generation: Generation, text: str = "An answer.", status: Status = Status.COMPLETED, **outcome: Any) -> None:
    """End a generation that waits."""
    told = {"time": 1.0, "ttft": 0.5, "usage": Usage(3, 5), **outcome}
    append_now(end_generation(generation.pk, Outcome(status, text, **told), lease=None))
