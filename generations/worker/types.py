"""Values that pass between a worker's parts: claims, outcomes, snapshots and renewed leases."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from generations.log.event_log import Writer
from generations.models import Generation
from providers.adapters.adapter import Adapter
from providers.adapters.base import ProviderError, Request, Target, Usage
from providers.model_ref import ModelRef


@dataclass(frozen=True, slots=True)
class Claim:
    """A generation that this worker may answer for as long as it renews the lease.

    ``reserved_tokens`` is a budget's reservation for its prompt and answer, 0 if no budget applies.
    """

    generation_id: int
    run_id: int
    topic: str
    index: int
    lease: uuid.UUID
    accepted_at: datetime
    provider: str
    adapter: Adapter
    target: Target
    request: Request
    batch: bool = False
    reserved_tokens: int = 0
    fallback: str = ""

    @property
    def writer(self) -> Writer:
        return Writer(self.generation_id, str(self.lease))

    @property
    def model_ref(self) -> ModelRef:
        return ModelRef(self.provider, self.request.model)


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
    """The end of an attempt; times are in seconds since the run was accepted."""

    status: Generation.Status
    text: str = ""
    reasoning: str = ""
    timeline: list[tuple[int, float]] = field(default_factory=list)
    time: float = 0.0
    ttft: float | None = None
    usage: Usage | None = None
    finish_reason: str = ""
    answered_by: str = ""
    error: ProviderError | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The text of an answer at one moment."""

    text: str
    reasoning: str

    @property
    def size(self) -> tuple[int, int]:
        return len(self.text), len(self.reasoning)


@dataclass(frozen=True, slots=True)
class RenewedLeases:
    """The leases that a checkpoint renewed, and those of them whose answers are to be stopped."""

    leases: set[uuid.UUID]
    stops: set[uuid.UUID]
