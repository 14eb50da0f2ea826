"""One model answering once, on a worker's loop: deltas come in, coalesced entries go out."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from django.conf import settings

from generations.log.event_log import Channel, EntryId, Payload, Phase, Writer
from generations.log.publisher import Publisher
from generations.models import Generation
from generations.tokens import TokenCount
from generations.worker.circuit_breaker import Circuit
from providers.adapters.base import (
    Adapter,
    ErrorCode,
    Finished,
    ProviderError,
    ReasoningDelta,
    Request,
    StreamEvent,
    Target,
    TextDelta,
    Usage,
)
from providers.adapters.http import HttpClients
from providers.adapters.retries import Retries, open_retried_stream
from providers.adapters.timeouts import Timeouts

logger = logging.getLogger(__name__)

SUBSTITUTED = {
    *(ErrorCode.UPSTREAM_UNAVAILABLE, ErrorCode.UPSTREAM_ERROR, ErrorCode.TIMEOUT, ErrorCode.CIRCUIT_OPEN),
    *(ErrorCode.RATE_LIMITED, ErrorCode.QUOTA_EXCEEDED, ErrorCode.MODEL_NOT_FOUND, ErrorCode.STREAM_CUT),
}
"""With these a model could not answer at all, and another one may."""
MAX_WINDOW = 0.03
WINDOW_PER_STREAM = 0.0003


@dataclass(frozen=True, slots=True)
class Claim:
    """A generation that this worker may answer, for as long as it renews its lease.

    ``reserved_tokens`` is what a budget has set aside for its prompt and its answer, 0 where none binds.
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


@dataclass(frozen=True, slots=True)
class Substitute:
    """Who answers in place of a model that cannot: ``reserved_tokens`` as in the claim."""

    adapter: Adapter
    target: Target
    request: Request
    reserved_tokens: int


FindSubstitute = Callable[[Claim], Awaitable[Substitute | None]]


class Cause(Enum):
    """Why an answer was cut short from our side."""

    STOPPED = "stopped"
    SHUTDOWN = "shutdown"
    LEASE_LOST = "lease lost"
    OVER_BUDGET = "over budget"


@dataclass(slots=True)
class Outcome:
    """How an answer ended; times in seconds since the run was accepted."""

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


def window(running: int) -> float:
    """Seconds in which later deltas are coalesced: it grows with the load, so that one stream is told at once."""
    return min(MAX_WINDOW, WINDOW_PER_STREAM * running)


class Answer:
    """A running answer. ``text`` and ``reasoning`` are whole at any moment; read them on the loop alone."""

    def __init__(
        self, claim: Claim, publisher: Publisher, running: Callable[[], int], find_substitute: FindSubstitute
    ) -> None:
        self.claim = claim
        self._find_substitute = find_substitute
        self._answered_by = ""
        self.cause: Cause | None = None
        self.granted = claim.reserved_tokens
        self._count = TokenCount()
        self._refusal = ""
        self._publisher = publisher
        self._running = running
        self._loop = asyncio.get_running_loop()
        self._accepted = self._loop.time() - max(0.0, time.time() - claim.accepted_at.timestamp())
        self._parts: dict[Channel, list[str]] = {"text": [], "reasoning": []}
        self._told: dict[Channel, int] = {"text": 0, "reasoning": 0}
        self._pending: list[str] = []
        self._channel: Channel = "text"
        self._timer: asyncio.TimerHandle | None = None
        self._flushed_at = float("-inf")
        self._epoch: int | None = None
        self._task: asyncio.Task[None] | None = None
        self._timeline: list[tuple[int, float]] = []
        self._ttft: float | None = None
        self._usage: Usage | None = None
        self._finish_reason = ""

    @property
    def text(self) -> str:
        return self._whole("text")

    @property
    def reasoning(self) -> str:
        return self._whole("reasoning")

    async def run(self, clients: HttpClients, timeouts: Timeouts) -> Outcome:
        """Stream to the end, whatever end that is; nothing of the provider's failures is raised."""
        self._task = asyncio.create_task(self._stream(clients, timeouts))
        if self.cause is not None:
            self._task.cancel()
        await asyncio.wait({self._task})
        self._flush()
        return self._outcome(self._task)

    def cut(self, cause: Cause) -> None:
        """End the answer from our side: closes the upstream connection at once. The first cause stands."""
        if self.cause is None:
            self.cause = cause
            if self._task is not None:
                self._task.cancel()

    def refuse(self, sentence: str) -> None:
        """End the answer, for no budget has room for more of it."""
        self._refusal = sentence
        self.cut(Cause.OVER_BUDGET)

    @property
    def has_outgrown(self) -> bool:
        """Whether it has become longer than what was reserved for it."""
        return bool(self.granted) and self._count.tokens > self.granted

    async def _stream(self, clients: HttpClients, timeouts: Timeouts) -> None:
        claim = self.claim
        clients = clients.telling(lambda: self._reach("thinking"))
        try:
            await self._listen(clients, timeouts, claim.adapter, claim.target, claim.request)
        except ProviderError as error:
            substitute = await self._substitute(error)
            if substitute is None:
                raise
            try:
                await self._listen(clients, timeouts, substitute.adapter, substitute.target, substitute.request)
            except ProviderError as second:
                if self._has_begun:
                    raise
                logger.warning("%s could not answer %s either: %s", claim.fallback, claim.generation_id, second.detail)
                raise error from second

    async def _listen(
        self, clients: HttpClients, timeouts: Timeouts, adapter: Adapter, target: Target, request: Request
    ) -> None:
        self._reach("connecting")
        retries = Retries(settings.UPSTREAM_RETRIES, settings.RETRY_DELAY, settings.LONGEST_RETRY_AFTER)
        stream = open_retried_stream(adapter, clients, target, request, timeouts, retries)
        async with aclosing(Circuit(target, request.model).guard(stream)) as events:
            async for event in events:
                self._take(event)

    async def _substitute(self, error: ProviderError) -> Substitute | None:
        """Who answers instead, where nothing was said and another model can help."""
        claim = self.claim
        if not claim.fallback or error.code not in SUBSTITUTED or self._has_begun:
            return None
        substitute = await self._find_substitute(claim)
        if substitute is not None:
            logger.warning("generation %s goes to %s: %s", claim.generation_id, claim.fallback, error.detail)
            self._answered_by, self.granted, self._usage = claim.fallback, substitute.reserved_tokens, None
        return substitute

    @property
    def _has_begun(self) -> bool:
        return any(self._parts.values())

    def _reach(self, phase: Phase) -> None:
        self._put({"kind": "phase", "phase": phase})

    def _take(self, event: StreamEvent) -> None:
        match event:
            case TextDelta(text):
                self._add("text", text)
            case ReasoningDelta(text):
                self._add("reasoning", text)
            case Usage():
                self._usage = event
            case Finished(reason):
                self._finish_reason = reason

    def _add(self, channel: Channel, text: str) -> None:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
        if channel != self._channel:
            self._flush()
            self._channel = channel
        if channel == "text" and self._ttft is None:
            self._ttft = self._now()
        if self.granted:
            self._count.add(text)
        self._parts[channel].append(text)
        self._pending.append(text)
        if self._timer is None:
            wait = self._flushed_at + window(self._running()) - self._loop.time()
            if wait <= 0:
                self._flush()
            else:
                self._timer = self._loop.call_later(wait, self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._pending:
            return
        text, channel, now = "".join(self._pending), self._channel, self._now()
        self._pending.clear()
        self._flushed_at = self._loop.time()
        offset = self._told[channel]
        self._told[channel] += len(text)
        if channel == "text":
            self._timeline.append((offset, now))
        self._put({"kind": channel, "text": text, "offset": offset, "t": now})

    def _put(self, payload: Payload) -> None:
        claim = self.claim
        whole: Payload = {"run": claim.run_id, "index": claim.index, **payload}
        self._publisher.put(claim.topic, whole, claim.writer, self._acknowledged)

    def _acknowledged(self, entry_id: EntryId | None) -> None:
        """Tell everything again where the log was lost under us; stop where another has taken over."""
        if entry_id is None:
            self.cut(Cause.LEASE_LOST)
            return
        lost = self._epoch is not None and self._epoch != entry_id.epoch
        self._epoch = entry_id.epoch
        if lost:
            self._put({"kind": "reset", "text": self._told_of("text"), "reasoning": self._told_of("reasoning")})

    def _told_of(self, channel: Channel) -> str:
        return self._whole(channel)[: self._told[channel]]

    def _whole(self, channel: Channel) -> str:
        parts = self._parts[channel]
        if len(parts) > 1:
            parts[:] = ["".join(parts)]
        return parts[0] if parts else ""

    def _now(self) -> float:
        return round(self._loop.time() - self._accepted, 4)

    def _outcome(self, task: asyncio.Task[None]) -> Outcome:
        status, error = self._end(task)
        return Outcome(
            status=status,
            text=self.text,
            reasoning=self.reasoning,
            timeline=self._timeline,
            time=self._now(),
            ttft=self._ttft,
            usage=self._usage,
            finish_reason=self._finish_reason,
            answered_by=self._answered_by if self._has_begun or error is None else "",
            error=error,
        )

    def _end(self, task: asyncio.Task[None]) -> tuple[Generation.Status, ProviderError | None]:
        if task.cancelled():
            if self.cause is Cause.STOPPED:
                return Generation.Status.STOPPED, None
            if self.cause is Cause.OVER_BUDGET:
                return Generation.Status.FAILED, ProviderError(ErrorCode.OVER_BUDGET, self._refusal)
            return Generation.Status.INTERRUPTED, None
        error = task.exception()
        if error is None:
            return Generation.Status.COMPLETED, None
        if isinstance(error, ProviderError):
            return Generation.Status.FAILED, error
        message = f"{self.claim.target.label} could not be asked because of a fault on our side. Try again."
        return Generation.Status.FAILED, ProviderError(
            ErrorCode.UPSTREAM_ERROR, message, retryable=True, detail=repr(error)
        )
