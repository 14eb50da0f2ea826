"""One attempt at an answer, on a worker's loop: the call to the provider, the fallback, and cancellation."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from django.conf import settings

from core.shares import Share
from generations.log.publisher import Publisher
from generations.models import Generation
from generations.phases import Phase
from generations.stored_request import encode_parameters
from generations.tokens import TokenCount
from generations.worker.circuit_breaker import Circuit
from generations.worker.transcript import Transcript
from generations.worker.types import CancelReason, Claim, Fallback, FindFallback, Outcome, Snapshot
from providers.adapters.adapter import Adapter
from providers.adapters.base import (
    Adjustment,
    ErrorCode,
    Finished,
    ProviderError,
    ReasoningDelta,
    Request,
    Restart,
    StreamEvent,
    Target,
    TextDelta,
    Usage,
)
from providers.adapters.http import HttpClients, TakenRequests
from providers.adapters.retries import Retries, open_retried_stream
from providers.adapters.timeouts import Timeouts
from providers.model_ref import ModelRef

logger = logging.getLogger(__name__)

FALLBACK_CODES = {
    *(ErrorCode.UPSTREAM_UNAVAILABLE, ErrorCode.UPSTREAM_ERROR, ErrorCode.TIMEOUT, ErrorCode.CIRCUIT_OPEN),
    *(ErrorCode.RATE_LIMITED, ErrorCode.QUOTA_EXCEEDED, ErrorCode.MODEL_NOT_FOUND, ErrorCode.STREAM_CUT),
}
"""Errors that say that a model could not answer at all, so that another one may."""
SECONDS_PER_CHARACTER = 0.5e-6
"""The time that each character of an answer takes elsewhere: in Redis, and in the processes of its readers."""
CUT_OFF = "length"
"""The finish reason of an answer that was ended because it had become as long as an answer may be."""
SYSTEM_ROLE = "a message of its own"
"""The place of a system prompt that a model takes as such."""


class Attempt:
    """A running answer under one claim; ``cancel_reason`` is None unless this side ended it early."""

    def __init__(self, claim: Claim, publisher: Publisher, find_fallback: FindFallback, share: Share) -> None:
        self.claim = claim
        self.cancel_reason: CancelReason | None = None
        self.reserved_tokens = claim.reserved_tokens
        self._find_fallback = find_fallback
        self._share = share
        self._transcript = Transcript(claim, publisher)
        self._token_count = TokenCount()
        self._answered_by = ""
        self._over_budget = ""
        self._task: asyncio.Task[None] | None = None
        self._usage: Usage | None = None
        self._unanswered = Counter({claim.model_ref: claim.generation.unanswered})
        self._finish_reason = ""
        self._adjustments: list[dict[str, Any]] = []

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(self._transcript.text, self._transcript.reasoning)

    @property
    def answering_model(self) -> ModelRef:
        """The model that is answering now: the claim's, or its fallback."""
        return ModelRef.parse(self._answered_by) if self._answered_by else self.claim.model_ref

    @property
    def exceeds_reservation(self) -> bool:
        """True if the answer has become longer than what a budget reserved for it."""
        return bool(self.reserved_tokens) and self._token_count.tokens > self.reserved_tokens

    async def run(self, clients: HttpClients, timeouts: Timeouts) -> Outcome:
        """Stream to the end and return the outcome; an error of a provider is part of it and never raised."""
        self._task = asyncio.create_task(self._stream(clients, timeouts))
        if self.cancel_reason is not None:
            self._task.cancel()
        await asyncio.wait({self._task})
        self._transcript.flush()
        # An error of the task refers to this attempt, which must not refer to it for longer, with all of its images.
        task, self._task = self._task, None
        return self._outcome(task)

    def cancel(self, reason: CancelReason) -> None:
        """End the answer from this side and close the upstream connection at once. The first reason stands."""
        if self.cancel_reason is None:
            self.cancel_reason = reason
            if self._task is not None:
                self._task.cancel()

    def cancel_over_budget(self, sentence: str) -> None:
        """End the answer because no budget has room for more of it."""
        self._over_budget = sentence
        self.cancel(CancelReason.OVER_BUDGET)

    async def _stream(self, clients: HttpClients, timeouts: Timeouts) -> None:
        claim = self.claim
        try:
            await self._call(clients, timeouts, claim.adapter, claim.target, claim.request)
        except ProviderError as error:
            fallback = await self._fallback_for(error)
            if fallback is None:
                raise
            try:
                await self._call(clients, timeouts, fallback.adapter, fallback.target, fallback.request)
            except ProviderError as second:
                if not self._transcript.is_empty:
                    raise
                logger.warning("%s could not answer %s either: %s", claim.fallback, claim.generation_id, second.detail)
                raise error from second

    async def _call(
        self, clients: HttpClients, timeouts: Timeouts, adapter: Adapter, target: Target, request: Request
    ) -> None:
        self._transcript.reach(Phase.CONNECTING)
        taken, answered = TakenRequests(), 0
        clients = clients.calling(
            on_accepted=lambda adjustments: self._accept(request, adjustments), share=self._share, taken=taken
        )
        retries = Retries(settings.UPSTREAM_RETRIES, settings.RETRY_DELAY, settings.LONGEST_RETRY_AFTER)
        stream = open_retried_stream(adapter, clients, target, request, timeouts, retries)
        try:
            async with aclosing(Circuit(target, request.model).guard(stream)) as events:
                async for event in events:
                    # More requests may follow that continue the same answer.
                    answered = answered or taken.count
                    self._take(event)
                    if self._transcript.length >= settings.MAX_ANSWER_CHARACTERS:
                        self._finish_reason = CUT_OFF
                        return
        finally:
            self._note_unanswered(answered or taken.count, is_answered=bool(answered))

    def _note_unanswered(self, taken: int, *, is_answered: bool) -> None:
        has_answer = is_answered and (self._usage is not None or not self._transcript.is_empty)
        self._unanswered[self.answering_model] += taken - has_answer

    def _accept(self, request: Request, adjustments: Sequence[Adjustment]) -> None:
        self._transcript.reach(Phase.THINKING)
        told = _adjustments_json(request, adjustments) if adjustments else []
        if told != self._adjustments:
            self._adjustments = told
            self._transcript.adjust(told)

    async def _fallback_for(self, error: ProviderError) -> Fallback | None:
        """Return the model that answers instead, if no text has arrived yet and another model can help."""
        claim = self.claim
        if not claim.fallback or error.code not in FALLBACK_CODES or not self._transcript.is_empty:
            return None
        fallback = await self._find_fallback(claim)
        if fallback is not None:
            logger.warning("generation %s goes to %s: %s", claim.generation_id, claim.fallback, error.detail)
            self._answered_by, self.reserved_tokens, self._usage = claim.fallback, fallback.reserved_tokens, None
        return fallback

    def _take(self, event: StreamEvent) -> None:
        match event:
            case TextDelta(text) | ReasoningDelta(text):
                text = text[: max(0, settings.MAX_ANSWER_CHARACTERS - self._transcript.length)]
                self._share.spend(SECONDS_PER_CHARACTER * len(text))
                if self.reserved_tokens:
                    self._token_count.add(text)
                self._transcript.add("text" if isinstance(event, TextDelta) else "reasoning", text)
            case Restart(excess):
                self._transcript.restart(excess)
            case Usage():
                self._usage = event
            case Finished(reason):
                self._finish_reason = reason

    def _outcome(self, task: asyncio.Task[None]) -> Outcome:
        transcript = self._transcript
        status, error = self._end(task)
        return Outcome(
            status=status,
            text=transcript.text,
            reasoning=transcript.reasoning,
            timeline=transcript.timeline,
            time=transcript.now(),
            ttft=transcript.ttft,
            usage=self._usage,
            finish_reason=self._finish_reason,
            answered_by=self._answered_by if error is None or not transcript.is_empty else "",
            adjustments=self._adjustments,
            unanswered=+self._unanswered,
            error=error,
        )

    def _end(self, task: asyncio.Task[None]) -> tuple[Generation.Status, ProviderError | None]:
        if task.cancelled():
            if self.cancel_reason is CancelReason.STOPPED:
                return Generation.Status.STOPPED, None
            if self.cancel_reason is CancelReason.OVER_BUDGET:
                return Generation.Status.FAILED, ProviderError(ErrorCode.OVER_BUDGET, self._over_budget)
            return Generation.Status.INTERRUPTED, None
        error = task.exception()
        if error is None:
            return Generation.Status.COMPLETED, None
        if isinstance(error, ProviderError):
            return Generation.Status.FAILED, error
        message = f"{self.claim.target.label} could not be called because of an error on our side. Try again."
        return Generation.Status.FAILED, ProviderError(
            ErrorCode.UPSTREAM_ERROR, message, retryable=True, detail=repr(error)
        )


def _adjustments_json(request: Request, adjustments: Sequence[Adjustment]) -> list[dict[str, Any]]:
    """Return the adjustments of settings that were asked for, beside what was asked for."""
    asked = encode_parameters(request.parameters) | ({"system": SYSTEM_ROLE} if request.system else {})
    return [
        {"parameter": each.parameter, "asked": asked[each.parameter], "sent": each.sent, "reason": each.reason}
        for each in adjustments
        if each.parameter in asked
    ]
