"""Retries of a call that failed before its first event, if another try can help."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from providers.adapters.adapter import Adapter
from providers.adapters.base import ErrorCode, ProviderError, Request, StreamEvent, Target
from providers.adapters.fitted_images import with_fitting_images
from providers.adapters.http import HttpClients
from providers.adapters.timeouts import Timeouts, open_stream

logger = logging.getLogger(__name__)

RETRIED_CODES = frozenset(
    {ErrorCode.RATE_LIMITED, ErrorCode.UPSTREAM_UNAVAILABLE, ErrorCode.UPSTREAM_ERROR, ErrorCode.STREAM_CUT}
)
"""Errors after which another try can help. A timeout is not among them, because the user has waited that long
already."""
RETRY_LATER = "{label} accepts no more requests at the moment. Try again in {wait}."


@dataclass(frozen=True, slots=True)
class Retries:
    """The number of retries and their pauses, in seconds.

    The first retry follows after up to ``delay``, each further one after up to twice as long. A provider's Retry-After
    replaces these pauses; if it is longer than ``max_retry_after``, there is no retry.
    """

    max_retries: int
    delay: float
    max_retry_after: float

    def pause(self, attempt: int, error: ProviderError) -> float | None:
        """Return the seconds to wait after ``attempt`` failed attempts; None if there is no further one."""
        if attempt > self.max_retries or not error.retryable or error.code not in RETRIED_CODES:
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.max_retry_after else None
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 - it spreads load, and keeps no secret
        return jitter * self.delay * float(2 ** (attempt - 1))


async def open_retried_stream(
    adapter: Adapter, clients: HttpClients, target: Target, request: Request, timeouts: Timeouts, retries: Retries
) -> AsyncGenerator[StreamEvent, None]:
    """Yield the events of ``open_stream``, which is retried if it fails before its first event; images are made to fit
    before.

    All attempts share the time limit for the first token. Raises the last attempt's ProviderError.
    """
    now = asyncio.get_running_loop().time
    start = now()
    request = await with_fitting_images(request, adapter.image_formats)
    for attempt in range(1, retries.max_retries + 2):
        has_begun, elapsed = False, now() - start
        remaining = replace(timeouts, first_token=timeouts.first_token - elapsed, total=timeouts.total - elapsed)
        try:
            async with aclosing(open_stream(adapter, clients, target, request, remaining)) as events:
                async for event in events:
                    has_begun = True
                    yield event
            return
        except ProviderError as error:
            pause = None if has_begun else retries.pause(attempt, error)
            if pause is None or now() - start + pause >= timeouts.first_token:
                _add_wait(target, error)
                raise
            logger.info("%s failed with %s, retrying in %.2f s", target.label, error.code, pause)
        await asyncio.sleep(pause)


def _add_wait(target: Target, error: ProviderError) -> None:
    """Put the wait into the message of a rate limit if the provider says how long it is."""
    if error.code is ErrorCode.RATE_LIMITED and error.retry_after:
        error.message = RETRY_LATER.format(label=target.label, wait=_duration(error.retry_after))


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds"
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 90 else f"{round(minutes / 60)} hours"
