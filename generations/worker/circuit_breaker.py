"""Circuit breakers: one for each base URL and model, shared by all processes through Redis.

A circuit opens after CIRCUIT_FAILURES failures in a row, within a minute: connection failures, server errors,
time-outs, and streams that are cut off. While it is open, the model is not called. After CIRCUIT_PAUSE seconds it is
half open: one answer probes, and the others are refused until the probe has closed it or opened it again. Errors that
depend on a user's key (a refusal, a rate limit) never count. If Redis is unavailable, all circuits are closed.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import redis
from django.conf import settings
from django.utils import timezone

from core.redis_clients import heed_cancellation, loop_client, thread_client
from providers.adapters.base import ErrorCode, ProviderError, StreamEvent, Target

logger = logging.getLogger(__name__)

COUNTED_CODES = frozenset(
    {ErrorCode.UPSTREAM_UNAVAILABLE, ErrorCode.UPSTREAM_ERROR, ErrorCode.STREAM_CUT, ErrorCode.TIMEOUT}
)
WINDOW = 60
"""Seconds from the first failure within which failures are counted together."""
PROBE_SECONDS = 60
"""Seconds after which another answer may probe if the process that probed has died."""
REMEMBERED = 3600
"""Seconds after its last opening at which a circuit is forgotten and counts as closed."""
QUIET_SECONDS = 1.0
"""Seconds for which a process takes a circuit without failures for closed, before it asks Redis again."""
QUIET_LIMIT = 1000
OPEN_CIRCUITS = "open-circuits"
"""The Redis key, after the prefix, of a hash from each tripped circuit's name to its label and the time of tripping."""
SENTENCE = "{label} has failed repeatedly with this model, so requests to it are paused. Try again in {wait} seconds."


_quiet_until: dict[str, float] = {}
"""The circuits that had no failures when this process last asked, each with the time until which that is believed."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """The circuit breaker of one model at one base URL."""

    target: Target
    model: str

    async def guard(self, stream: AsyncGenerator[StreamEvent, None]) -> AsyncGenerator[StreamEvent, None]:
        """Yield the stream's events, or raise ProviderError (circuit_open) without a call if the circuit is open.

        The first event closes the circuit, a good end ends the row of failures; one round trip to Redis, or none, if
        nothing has failed lately.
        """
        state, begun = _State(), False
        try:
            async with aclosing(stream) as events:
                state = await self._enter()
                async for event in events:
                    yield event
                    if not begun:
                        begun = True
                        if state.probes:
                            await _or_none(self._close())
            if state.has_failures:
                await _or_none(loop_client().delete(self._key("failures")))
        except ProviderError as error:
            if error.code in COUNTED_CODES:
                await _or_none(self._count())
            raise
        finally:
            if state.probes and not begun:
                # This attempt shows neither that the model works nor that it is down, so the next answer may probe.
                await _or_none(loop_client().delete(self._key("probe")))

    async def _enter(self) -> _State:
        """Return the state of the circuit; raises ProviderError if it is open or another answer probes."""
        if time.monotonic() < _quiet_until.get(self._name, 0.0):
            return _State()
        async with loop_client().pipeline(transaction=False) as pipeline:
            pipeline.pttl(self._key("open"))
            pipeline.exists(self._key("tripped"))
            pipeline.exists(self._key("failures"))
            response = await _or_none(pipeline.execute())
        if response is None:
            return _State()
        wait, tripped, failures = response
        if not (tripped or failures):
            self._be_quiet()
        if wait > 0:
            raise self._refusal(wait / 1000)
        if tripped and not await _or_none(loop_client().set(self._key("probe"), 1, nx=True, ex=PROBE_SECONDS)):
            raise self._refusal(settings.CIRCUIT_PAUSE)
        return _State(probes=bool(tripped), has_failures=bool(failures))

    def _be_quiet(self) -> None:
        if len(_quiet_until) >= QUIET_LIMIT:
            _quiet_until.clear()
        _quiet_until[self._name] = time.monotonic() + QUIET_SECONDS

    async def _close(self) -> None:
        client = loop_client()
        if await client.delete(*map(self._key, ("tripped", "probe", "open"))):
            logger.warning("the circuit of %s %s closes", self.target.label, self.model)
            await client.hdel(_open_circuits(), self._name)

    async def _count(self) -> None:
        _quiet_until.pop(self._name, None)
        client, key = loop_client(), self._key("failures")
        failures = await client.incr(key)
        if failures == 1:
            await client.expire(key, WINDOW)
        tripped = await client.exists(self._key("tripped"))
        if failures >= settings.CIRCUIT_FAILURES or tripped:
            logger.warning("the circuit of %s %s opens", self.target.label, self.model)
            await client.set(self._key("tripped"), 1, ex=REMEMBERED)
            await client.set(self._key("open"), 1, px=int(settings.CIRCUIT_PAUSE * 1000))
            if not tripped:
                entry = {"label": f"{self.target.label}: {self.model}", "since": time.time()}
                await client.hset(_open_circuits(), self._name, orjson.dumps(entry).decode())
            await client.delete(key, self._key("probe"))

    def _refusal(self, wait: float) -> ProviderError:
        message = SENTENCE.format(label=self.target.label, wait=max(1, round(wait)))
        return ProviderError(ErrorCode.CIRCUIT_OPEN, message, retryable=True, retry_after=wait, detail="circuit open")

    @property
    def _name(self) -> str:
        return hashlib.sha256(f"{self.target.base_url}\n{self.model}".encode()).hexdigest()[:24]

    def _key(self, part: str) -> str:
        return _circuit_key(self._name, part)


@dataclass(frozen=True, slots=True)
class _State:
    """A circuit as an answer finds it; ``probes`` is True if this answer is the probe of a half open one."""

    probes: bool = False
    has_failures: bool = False


def _circuit_key(name: str, part: str) -> str:
    return f"{settings.REDIS_PREFIX}:circuit:{name}:{part}"


def _open_circuits() -> str:
    return f"{settings.REDIS_PREFIX}:{OPEN_CIRCUITS}"


@dataclass(frozen=True, slots=True)
class OpenCircuit:
    """A model that is left alone; ``until`` is None if the next answer may try it."""

    label: str
    since: datetime
    until: datetime | None


def open_circuits() -> list[OpenCircuit]:
    """Return the models whose circuits are not closed, by label (``provider: model``); raises RedisError."""
    client = thread_client()
    entries: Any = client.hgetall(_open_circuits())
    circuits = []
    for name, entry in entries.items():
        with client.pipeline(transaction=False) as pipeline:
            pipeline.exists(_circuit_key(name.decode(), "tripped"))
            pipeline.pttl(_circuit_key(name.decode(), "open"))
            tripped, wait = pipeline.execute()
        if not tripped:
            client.hdel(_open_circuits(), name)
            continue
        data = orjson.loads(entry)
        until = timezone.now() + timedelta(milliseconds=wait) if wait > 0 else None
        circuits.append(OpenCircuit(data["label"], datetime.fromtimestamp(data["since"], UTC), until))
    return sorted(circuits, key=lambda each: each.label)


async def _or_none(command: Awaitable[Any]) -> Any:
    """Return Redis's response, None if Redis is unavailable."""
    try:
        response = await command
        heed_cancellation()
        return response
    except redis.RedisError as error:
        logger.warning("the circuit breakers cannot be read: %r", error)
        return None
