"""The stream of an answer, with the same timeouts, end and errors for every adapter.

    open_stream
    ├── Finished, after all deltas     the answer is complete; errors after it are only logged
    └── ProviderError
        ├── timeout *                  nothing has begun in time, nothing more comes, or it takes too long in all
        ├── stream_cut *               the stream ended without Finished
        ├── upstream_error *           the adapter raised something else: our bug, or a frame that it cannot read
        └── any other                  the adapter raised it (see ``errors.py``)

The codes marked * are retryable: the same call can succeed later.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncGenerator
from dataclasses import astuple, dataclass

from core.deadline import Deadline
from providers.adapters.adapter import Adapter
from providers.adapters.base import (
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
from providers.adapters.errors import MAX_DETAIL, failure
from providers.adapters.http import HttpClients

logger = logging.getLogger(__name__)

AFTER_FINISH_SECONDS = 2.0
"""Seconds for the usage, which may follow the finish."""
MAX_TOKEN_COUNT = 2**31 - 1
"""The largest count that a column of the database takes."""
NO_FIRST = "{{label}} did not begin to answer within {seconds:g} seconds. Try again, or choose another model."
NO_NEXT = "{{label}} sent nothing more for {seconds:g} seconds. Try again, or choose another model."
NO_END = "{{label}} did not finish within {seconds:g} seconds, the limit for one answer. Ask for a shorter answer."


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits in seconds: until the first text or reasoning, between two events after it, and for the whole answer."""

    first_token: float
    between_tokens: float
    total: float


async def open_stream(
    adapter: Adapter, clients: HttpClients, target: Target, request: Request, timeouts: Timeouts
) -> AsyncGenerator[StreamEvent, None]:
    """Yield one answer: deltas, exactly one Finished, usage before or after it. Raises ProviderError.

    Closing the iterator, or canceling the task that reads it, closes the upstream connection at once.
    """
    clock, alarm = _Clock(target, timeouts), _Alarm()
    events = adapter.stream(clients, target, request)
    try:
        while (event := await _next(events, clock, alarm, target)) is not None:
            if not isinstance(event, Usage) or _is_counted(event):
                yield event
    finally:
        alarm.stop()
        await events.aclose()
    if not clock.finished:
        raise failure(ErrorCode.STREAM_CUT, target, "the stream ended without saying that it had finished")


class _Clock:
    """The time that the next event may take, and the error if it takes longer."""

    def __init__(self, target: Target, timeouts: Timeouts) -> None:
        self._target = target
        self._timeouts = timeouts
        self._now = asyncio.get_running_loop().time
        start = self._now()
        self._end = start + timeouts.total
        self._first = start + timeouts.first_token
        self._started = False
        self.finished = False

    def deadline(self) -> float:
        if self.finished:
            return self._now() + AFTER_FINISH_SECONDS
        return min(self._end, self._now() + self._timeouts.between_tokens if self._started else self._first)

    def record(self, event: StreamEvent) -> None:
        if isinstance(event, TextDelta | ReasoningDelta):
            self._started = True
        elif isinstance(event, Finished):
            self.finished = True

    def timeout_error(self) -> ProviderError:
        if self._now() >= self._end:
            sentence, seconds = NO_END, self._timeouts.total
        elif self._started:
            sentence, seconds = NO_NEXT, self._timeouts.between_tokens
        else:
            sentence, seconds = NO_FIRST, self._timeouts.first_token
        message = sentence.format(seconds=seconds)
        return failure(ErrorCode.TIMEOUT, self._target, message, message=message)


class _Alarm:
    """The deadline of all waits of a stream, which the task that creates it reads.

    The task sets it before a wait and unsets it afterwards; if the deadline passes in between, the task is canceled.
    """

    def __init__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._deadline = Deadline(self._ring)
        self._waits = False
        self._canceled_before = 0
        self._rang = False

    def set(self, deadline: float) -> None:
        self._waits = True
        self._canceled_before = self._task.cancelling()
        self._deadline.set(deadline)

    def unset(self) -> None:
        self._waits = False
        self._deadline.unset()

    def stop(self) -> None:
        self._deadline.stop()

    def has_canceled(self) -> bool:
        """Return True if this alarm, and nobody else, has canceled the task that waited."""
        return self._rang and self._task.uncancel() <= self._canceled_before

    def _ring(self) -> None:
        if self._waits:
            self._rang = True
            self._task.cancel()


async def _next(
    events: AsyncGenerator[StreamEvent, None], clock: _Clock, alarm: _Alarm, target: Target
) -> StreamEvent | None:
    """Return the next event, or None at the end; after Finished, an error is the end as well."""
    alarm.set(clock.deadline())
    try:
        event = _checked(await anext(events))
    except StopAsyncIteration:
        return None
    except asyncio.CancelledError as exc:
        if not alarm.has_canceled():
            raise
        if clock.finished:
            return None
        raise clock.timeout_error() from exc
    except Exception as exc:
        if clock.finished:
            logger.info("%s: error after the finish: %r", target.label, exc)
            return None
        raise _provider_error(target, exc) from exc
    finally:
        alarm.unset()
    clock.record(event)
    return event


def _checked(event: StreamEvent) -> StreamEvent:
    """Return the event; raises TypeError if a vendor sent something other than text as text."""
    if isinstance(event, TextDelta | ReasoningDelta) and not isinstance(event.text, str):
        raise TypeError(f"{type(event.text).__name__} instead of text")
    return event


def _is_counted(usage: Usage) -> bool:
    """Return True if these are token counts; other values are dropped, and estimated like missing ones."""
    return all(type(count) is int and 0 <= count <= MAX_TOKEN_COUNT for count in astuple(usage))


def _provider_error(target: Target, exc: Exception) -> ProviderError:
    """Return a ProviderError as it is, and one with the traceback in its detail for anything else."""
    if isinstance(exc, ProviderError):
        return exc
    trace = "".join(traceback.format_exception(exc))
    return failure(ErrorCode.UPSTREAM_ERROR, target, trace[-MAX_DETAIL:])
