"""Values that pass between a worker's parts: claims, outcomes, ends and snapshots."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from generations.log.event_log import Writer
from generations.models import Generation
from generations.selectors import ClaimId
from providers.adapters.adapter import Adapter
from providers.adapters.base import ProviderError, Request, Target, Usage
from providers.model_ref import ModelRef


@dataclass(frozen=True, slots=True)
class Claim:
    """A generation that this worker answers, and all that it needs for that.

    ``generation`` is the row as it was claimed. ``reserved_tokens`` is a budget's reservation for its prompt and
    answer, 0 if no budget applies. ``begins_log`` is True for one claim of a run that is claimed for the first time.
    """

    generation: Generation
    lease: uuid.UUID
    adapter: Adapter
    target: Target
    request: Request
    reserved_tokens: int = 0
    begins_log: bool = False

    @property
    def id(self) -> ClaimId:
        return ClaimId(self.generation.pk, self.lease)

    @property
    def generation_id(self) -> int:
        return self.generation.pk

    @property
    def run_id(self) -> int:
        return self.generation.current_run_id

    @property
    def topic(self) -> str:
        return self.generation.current_run.topic

    @property
    def index(self) -> int:
        return self.generation.index

    @property
    def accepted_at(self) -> datetime:
        return self.generation.current_run.accepted_at

    @property
    def fallback(self) -> str:
        return self.generation.fallback

    @property
    def batch(self) -> bool:
        return self.generation.priority == Generation.BATCH

    @property
    def writer(self) -> Writer:
        return Writer(self.generation_id, str(self.lease))

    @property
    def model_ref(self) -> ModelRef:
        return ModelRef(self.generation.provider, self.request.model)


@dataclass(frozen=True, slots=True)
class Fallback:
    """The model that answers instead of one that cannot; ``reserved_tokens`` as in the claim."""

    adapter: Adapter
    target: Target
    request: Request
    reserved_tokens: int


FindFallback = Callable[[Claim], Awaitable[Fallback | None]]


class CancelReason(Enum):
    """The reason for which this side ended an answer early."""

    STOPPED = "stopped"
    SHUTDOWN = "shutdown"
    LEASE_LOST = "lease lost"
    OVER_BUDGET = "over budget"


@dataclass(slots=True)
class Outcome:
    """The end of an attempt; times are in seconds since the run was accepted.

    ``unanswered`` counts the requests that each model has taken without an answer.
    """

    status: Generation.Status
    text: str = ""
    reasoning: str = ""
    timeline: list[tuple[int, float]] = field(default_factory=list)
    time: float = 0.0
    ttft: float | None = None
    usage: Usage | None = None
    finish_reason: str = ""
    answered_by: str = ""
    adjustments: list[dict[str, Any]] = field(default_factory=list)
    unanswered: Mapping[ModelRef, int] = field(default_factory=dict)
    error: ProviderError | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The text of an answer at one moment."""

    text: str
    reasoning: str

    @property
    def size(self) -> tuple[int, int]:
        return len(self.text), len(self.reasoning)
