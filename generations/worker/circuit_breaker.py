"""Circuit breakers: one for each base URL and model, shared by all processes through Redis.

A circuit opens after CIRCUIT_FAILURES connection failures or server errors in a row, within a minute. While it is open,
the model is not called. After CIRCUIT_PAUSE seconds it is half open: one answer probes, and the others are refused
until the probe has closed it or opened it again. Errors that depend on a user's key (a refusal, a rate limit) never
count. If Redis is unavailable, all circuits are closed.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings

from core.redis_clients import heed_cancellation, loop_client, thread_client
from providers.adapters.base import ErrorCode, ProviderError, StreamEvent, Target

logger = logging.getLogger(__name__)

COUNTED_CODES = frozenset({ErrorCode.UPSTREAM_UNAVAILABLE, ErrorCode.UPSTREAM_ERROR})
WINDOW = 60
"""Seconds from the first failure within which failures are counted together."""
PROBE_SECONDS = 60
"""Seconds after which another answer may probe if the process that probed has died."""
REMEMBERED = 3600
"""Seconds after its last opening at which a circuit is forgotten and counts as closed."""
OPEN_CIRCUITS = "circuits"
"""The Redis key, after the prefix, of a hash from each tripped circuit's name to its label for administrators."""
SENTENCE = "{label} has failed repeatedly with this model, so requests to it are paused. Try again in {wait} seconds."


@dataclass(frozen=True, slots=True)
class Circuit:
    """The circuit breaker of one model at one base URL."""

    target: Target
    model: str

    async def guard(self, stream: AsyncGenerator[StreamEvent, None]) -> AsyncGenerator[StreamEvent, None]:
        """Yield the stream's events, or raise ProviderError (circuit_open) without a call if the circuit is open.

        The first event closes the circuit; an error before it counts if it says that the model is down.
        """
        begun = False
        try:
            async with aclosing(stream) as events:
                await self._enter()
                async for event in events:
                    yield event
                    if not begun:
                        begun = True
                        await _or_none(self._close())
        except ProviderError as error:
            if error.code in COUNTED_CODES:
                await _or_none(self._count())
            raise
        finally:
            if not begun:
                # This attempt shows neither that the model works nor that it is down, so the next answer may probe.
                await _or_none(loop_client().delete(self._key("probe")))

    async def _enter(self) -> None:
        client = loop_client()
        wait = await _or_none(client.pttl(self._key("open")))
        if wait is not None and wait > 0:
            raise self._refusal(wait / 1000)
        tripped = await _or_none(client.exists(self._key("tripped")))
        if tripped and not await _or_none(client.set(self._key("probe"), 1, nx=True, ex=PROBE_SECONDS)):
            raise self._refusal(settings.CIRCUIT_PAUSE)

    async def _close(self) -> None:
        client = loop_client()
        await client.delete(self._key("failures"))
        if await client.delete(*map(self._key, ("tripped", "probe", "open"))):
            logger.warning("the circuit of %s %s closes", self.target.label, self.model)
            await client.hdel(_open_circuits(), self._name)

    async def _count(self) -> None:
        client, key = loop_client(), self._key("failures")
        failures = await client.incr(key)
        if failures == 1:
            await client.expire(key, WINDOW)
        if failures >= settings.CIRCUIT_FAILURES or await client.exists(self._key("tripped")):
            logger.warning("the circuit of %s %s opens", self.target.label, self.model)
            await client.set(self._key("tripped"), 1, ex=REMEMBERED)
            await client.set(self._key("open"), 1, px=int(settings.CIRCUIT_PAUSE * 1000))
            await client.hset(_open_circuits(), self._name, f"{self.target.label}: {self.model}")
            await client.delete(key, self._key("probe"))

    def _refusal(self, wait: float) -> ProviderError:
        message = SENTENCE.format(label=self.target.label, wait=max(1, round(wait)))
        return ProviderError(ErrorCode.CIRCUIT_OPEN, message, retryable=True, retry_after=wait, detail="circuit open")

    @property
    def _name(self) -> str:
        return hashlib.sha256(f"{self.target.base_url}\n{self.model}".encode()).hexdigest()[:24]

    def _key(self, part: str) -> str:
        return f"{settings.REDIS_PREFIX}:circuit:{self._name}:{part}"


def _open_circuits() -> str:
    return f"{settings.REDIS_PREFIX}:{OPEN_CIRCUITS}"


def open_circuits() -> list[str]:
    """Return the models whose circuits are open, as ``provider: model``; raises RedisError."""
    names: Any = thread_client().hgetall(_open_circuits())
    return sorted(name.decode() for name in names.values())


async def _or_none(command: Awaitable[Any]) -> Any:
    """Return Redis's response, None if Redis is unavailable."""
    try:
        response = await command
        heed_cancellation()
        return response
    except redis.RedisError as error:
        logger.warning("the circuit breakers cannot be read: %r", error)
        return None
