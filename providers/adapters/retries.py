"""Retries of a call that failed before its first event, if another try can help."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from providers.adapters.base import Adapter, ErrorCode, ProviderError, Request, StreamEvent, Target
from providers.adapters.http import HttpClients
from providers.adapters.timeouts import Timeouts, open_stream

logger = logging.getLogger(__name__)

HELPFUL = frozenset(
    {ErrorCode.RATE_LIMITED, ErrorCode.UPSTREAM_UNAVAILABLE, ErrorCode.UPSTREAM_ERROR, ErrorCode.STREAM_CUT}
)
"""Errors after which another try can help. A timeout is not among them, because the user has waited that long
already."""
LATER = "{label} accepts no more requests at the moment. Try again in {wait}."


@dataclass(frozen=True, slots=True)
class Retries:
    """``most`` attempts after the first; the first of them comes after up to ``delay`` seconds, each further one
    after up to twice as long. A provider's Retry-After is respected, up to ``longest`` seconds."""

    most: int
    delay: float
    longest: float

    def pause(self, attempt: int, error: ProviderError) -> float | None:
        """Return the seconds to wait after ``attempt`` failed attempts; None for no further one."""
        if attempt > self.most or not error.retryable or error.code not in HELPFUL:
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.longest else None
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 - it spreads load, and keeps no secret
        return jitter * self.delay * float(2 ** (attempt - 1))


async def open_retried_stream(
    adapter: Adapter, clients: HttpClients, target: Target, request: Request, timeouts: Timeouts, retries: Retries
) -> AsyncGenerator[StreamEvent, None]:
    """Run ``open_stream``, retried before its first event; all attempts share the time limit of the first token."""
    now = asyncio.get_running_loop().time
    began = now()
    for attempt in range(1, retries.most + 2):
        begun, spent = False, now() - began
        left = replace(timeouts, first_token=timeouts.first_token - spent, total=timeouts.total - spent)
        try:
            async with aclosing(open_stream(adapter, clients, target, request, left)) as events:
                async for event in events:
                    begun = True
                    yield event
            return
        except ProviderError as error:
            pause = None if begun else retries.pause(attempt, error)
            if pause is None or now() - began + pause >= timeouts.first_token:
                raise _come_again(target, error) from error
            logger.info("%s failed with %s, asking again in %.2f s", target.label, error.code, pause)
        await asyncio.sleep(pause)


def _come_again(target: Target, error: ProviderError) -> ProviderError:
    """Add the time of the next try to the message of a refusal that says when it ends."""
    if error.code is ErrorCode.RATE_LIMITED and error.retry_after:
        error.message = LATER.format(label=target.label, wait=_words(error.retry_after))
    return error


def _words(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds"
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 90 else f"{round(minutes / 60)} hours"
