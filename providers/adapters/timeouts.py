"""The stream of an answer, with the same timeouts, end and errors for every adapter.

    open_stream
    ├── Finished, after all else       the answer is complete
    └── ProviderError
        ├── timeout *                  nothing has begun in time, nothing more comes, or it takes too long in all
        ├── stream_cut *               the stream ended without Finished
        ├── upstream_error             the adapter raised something else, which is our bug
        └── any other                  the adapter raised it (see ``errors.py``)

The codes marked * are retryable: the same call can succeed later. Of several ends that an adapter yields the last one
counts, but a failure is final. After an end that no text has followed, an error and silence end the stream as well.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from core.deadline import Deadline
from providers.adapters.adapter import Adapter
from providers.adapters.base import (
    AdapterEvent,
    ErrorCode,
    FailedEnd,
    Finished,
    ProviderError,
    ReasoningDelta,
    Request,
    StreamEvent,
    Target,
    TextDelta,
)
from providers.adapters.errors import MAX_DETAIL, failure
from providers.adapters.http import HttpClients
from providers.adapters.surrogates import Surrogates

logger = logging.getLogger(__name__)

AFTER_END_SECONDS = 10.0
"""Seconds without a byte after an end, for what may follow it: the usage, or more text, since some vendors send an end
with each piece of it."""
NO_FIRST = "{{label}} did not begin to answer within {seconds:g} seconds. Try again, or choose another model."
NOTHING = "{{label}} sent nothing for {seconds:g} seconds. Try again, or choose another model."
NO_NEXT = "{{label}} sent nothing more for {seconds:g} seconds. Try again, or choose another model."
NO_END = "{{label}} did not finish within {seconds:g} seconds, the limit for one answer. Ask for a shorter answer."


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits in seconds: until the first text or reasoning, without a byte, and for the whole answer.

    A provider that thinks for minutes sends other bytes meanwhile, or none: then ``idle`` counts.
    """

    first_token: float
    idle: float
    total: float


async def open_stream(
    adapter: Adapter, clients: HttpClients, target: Target, request: Request, timeouts: Timeouts
) -> AsyncGenerator[StreamEvent, None]:
    """Yield one answer: deltas and usage, and Finished as the last event. Raises ProviderError.

    Closing the iterator, or canceling the task that reads it, closes the upstream connection at once.
    """
    clock = _Clock(target, timeouts)
    alarm = _Alarm(clock.deadline)
    events = adapter.stream(clients.calling(on_received=clock.hear), target, request)
    end: Finished | FailedEnd | None = None
    surrogates = Surrogates()
    try:
        while (event := await _next(events, clock, alarm, target)) is not None:
            if isinstance(event, Finished | FailedEnd):
                end = end if isinstance(end, FailedEnd) else event
            elif not isinstance(event, TextDelta | ReasoningDelta) or surrogates.is_whole(event):
                yield event
            else:
                for delta in surrogates.mend(event):
                    yield delta
        for delta in surrogates.close():
            yield delta
    finally:
        alarm.stop()
        await events.aclose()
    if end is None:
        raise failure(ErrorCode.STREAM_CUT, target, "the stream ended without saying that it had finished")
    if isinstance(end, FailedEnd):
        raise end.error
    yield end


class _Clock:
    """The time that the next event may take, and the error if it takes longer."""

    def __init__(self, target: Target, timeouts: Timeouts) -> None:
        self._target = target
        self._timeouts = timeouts
        self._now = asyncio.get_running_loop().time
        start = self._now()
        self._end = start + timeouts.total
        self._first = start + timeouts.first_token
        self._heard = start
        self._started = False
        self.ended = False

    def hear(self) -> None:
        """Note that bytes have arrived."""
        self._heard = self._now()

    def deadline(self) -> float:
        """Return the time at which a wait ends; each byte moves it."""
        if self.ended:
            return self._heard + AFTER_END_SECONDS
        heard = self._heard + self._timeouts.idle
        return min(self._end, heard) if self._started else min(self._end, heard, self._first)

    def record(self, event: AdapterEvent) -> None:
        if isinstance(event, TextDelta | ReasoningDelta):
            self._started, self.ended = True, False
        elif isinstance(event, Finished | FailedEnd):
            self.ended = True

    def timeout_error(self) -> ProviderError:
        now = self._now()
        if now >= self._end:
            sentence, seconds = NO_END, self._timeouts.total
        elif self._started:
            sentence, seconds = NO_NEXT, self._timeouts.idle
        elif now >= self._first:
            sentence, seconds = NO_FIRST, self._timeouts.first_token
        else:
            sentence, seconds = NOTHING, self._timeouts.idle
        message = sentence.format(seconds=seconds)
        return failure(ErrorCode.TIMEOUT, self._target, message, message=message)


class _Alarm:
    """The deadline of all waits of a stream, which the task that creates it reads.

    The task begins and ends each wait. If ``deadline`` passes in between, which may move meanwhile, the task is
    canceled.
    """

    def __init__(self, deadline: Callable[[], float]) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._time = deadline
        self._deadline = Deadline(self._ring)
        self._waits = False
        self._canceled_before = 0
        self._rang = False

    def set(self) -> None:
        self._waits = True
        self._canceled_before = self._task.cancelling()
        self._deadline.set(self._time())

    def unset(self) -> None:
        self._waits = False
        self._deadline.unset()

    def stop(self) -> None:
        self._deadline.stop()

    def has_canceled(self) -> bool:
        """Return True if this alarm, and nobody else, has canceled the task that waited."""
        return self._rang and self._task.uncancel() <= self._canceled_before

    def _ring(self) -> None:
        if not self._waits:
            return
        time = self._time()
        if time > asyncio.get_running_loop().time():
            self._deadline.set(time)
        else:
            self._rang = True
            self._task.cancel()


async def _next(
    events: AsyncGenerator[AdapterEvent, None], clock: _Clock, alarm: _Alarm, target: Target
) -> AdapterEvent | None:
    """Return the next event, or None when nothing more follows."""
    clock.hear()
    alarm.set()
    try:
        event = await anext(events)
    except StopAsyncIteration:
        return None
    except asyncio.CancelledError as exc:
        if not alarm.has_canceled():
            raise
        if clock.ended:
            return None
        raise clock.timeout_error() from exc
    except Exception as exc:
        if clock.ended:
            logger.info("%s: error after the end: %r", target.label, exc)
            return None
        raise _provider_error(target, exc) from exc
    finally:
        alarm.unset()
    clock.record(event)
    return event


def _provider_error(target: Target, exc: Exception) -> ProviderError:
    """Return a ProviderError as it is, and one with the traceback in its detail for anything else."""
    if isinstance(exc, ProviderError):
        return exc
    trace = "".join(traceback.format_exception(exc))
    return failure(ErrorCode.UPSTREAM_ERROR, target, trace[-MAX_DETAIL:], retryable=False)
