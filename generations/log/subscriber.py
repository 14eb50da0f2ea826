"""Following a topic: every entry of its log, once and in order, however the bell behaves.

The channel layer is at-most-once: it may drop, and a reconnect may miss. So a follower waits until its subscription is
confirmed before it reads the log, takes from the bell only the direct successor of what it has, and reads the log
again for anything else, and on each idle tick, since a missed last entry has no successor that would betray it.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from typing import Any, Final, Literal

import orjson
import redis
from channels.layers import get_channel_layer

from core.redis_clients import loop_client
from generations.log import event_log
from generations.log.event_log import Entry, EntryId

logger = logging.getLogger(__name__)

TICK = 3.0
"""Seconds of silence after which the log is looked at again."""
INBOX_LIMIT = 500
"""Entries that may wait for a slow reader; beyond it they are dropped and read from the log again."""
CONFIRMATION_TIMEOUT = 0.5
RETRY_DELAY = 0.5
AWAKE_RETRY_DELAY = 2.0
READ_AT_ONCE = 500
"""Entries that are read from the log in one step, so that a reader who takes them slowly holds no more in memory."""


class Signal(Enum):
    IDLE = "idle"
    LOST = "lost"


IDLE: Final = Signal.IDLE
"""Nothing came for a tick, and the log has nothing new either."""
LOST: Final = Signal.LOST
"""The log that was being followed is gone; what comes next begins another one."""


async def follow(
    topic: str, *, after: EntryId | None = None, tick: float = TICK
) -> AsyncGenerator[Entry | Literal[Signal.IDLE, Signal.LOST], None]:
    """Yield the entries after ``after`` (all that the log has, where that is None) and go on for ever.

    Close it (``aclosing``) to unsubscribe. While Redis is away it yields ``IDLE`` and goes on when it is back.
    """
    position = after
    async with _subscribed(topic) as inbox:
        behind = True
        while True:
            if behind:
                log = await _read(topic, position)
                if log is None:
                    yield IDLE
                    await asyncio.sleep(RETRY_DELAY)
                    continue
                if position is not None and log.epoch != position.epoch:
                    position = None
                    yield LOST
                    continue
                for entry in log.entries:
                    position = entry.id
                    yield entry
                if len(log.entries) == READ_AT_ONCE:
                    continue
            rung = await inbox.next(tick)
            behind = rung is None or not _is_next(rung, position)
            if rung is None:
                yield IDLE
            elif not behind:
                position = rung.id
                yield rung
            elif position is not None and rung.id.epoch == position.epoch and rung.id <= position:
                behind = False


def _is_next(entry: Entry, position: EntryId | None) -> bool:
    return entry.id.seq == 1 if position is None else entry.id.follows(position)


async def _read(topic: str, position: EntryId | None) -> event_log.Log | None:
    """The log, or None while Redis does not answer."""
    try:
        return await event_log.read(loop_client(), topic, position, count=READ_AT_ONCE)
    except redis.RedisError as error:
        logger.warning("the log of %s cannot be read now: %s", topic, error)
        return None


async def stay_subscribed() -> None:
    """Keep one subscription open for as long as this event loop lives: without any, the channel layer sleeps 0.1 s at a
    time, and the next first token waits for it. Waits for a Redis that is not there yet."""
    layer = get_channel_layer()
    while True:
        try:
            await layer.new_channel("awake")
            return
        except (redis.RedisError, OSError) as error:
            logger.warning("Redis does not answer yet, and is waited for: %s", error)
            await asyncio.sleep(AWAKE_RETRY_DELAY)


class _Inbox:
    """Entries that rang, bounded; ``next`` gives None after a silent tick, and after an overflow."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self._rung = asyncio.Event()
        self._overflowed = False

    def put(self, entry: Entry) -> None:
        if len(self._entries) >= INBOX_LIMIT:
            self._entries.clear()
            self.miss()
        self._entries.append(entry)
        self._rung.set()

    def miss(self) -> None:
        """Have the log read again, for something may have been missed."""
        self._overflowed = True
        self._rung.set()

    async def next(self, tick: float) -> Entry | None:
        if not self._entries and not self._overflowed:
            self._rung.clear()
            try:
                async with asyncio.timeout(tick):
                    await self._rung.wait()
            except TimeoutError:
                return None
        if self._overflowed:
            self._overflowed = False
            return None
        return self._entries.popleft()


@asynccontextmanager
async def _subscribed(topic: str) -> AsyncIterator[_Inbox]:
    """An inbox that rings; where Redis is away it is silent until Redis is back."""
    inbox, ready, leaving = _Inbox(), asyncio.Event(), asyncio.Event()
    listener = asyncio.create_task(_listen(event_log.topic_group(topic), inbox, ready, leaving))
    try:
        await ready.wait()
        yield inbox
    finally:
        # Asked to leave and never cancelled: what the layer has half done it never undoes.
        leaving.set()
        await asyncio.wait({listener})


async def _listen(group: str, inbox: _Inbox, ready: asyncio.Event, leaving: asyncio.Event) -> None:
    """Subscribe, try again for as long as that fails, and fill the inbox; ``ready`` once all is done that can be."""
    while not leaving.is_set():
        try:
            await _fill(group, inbox, ready, leaving)
        except (redis.RedisError, OSError) as error:
            logger.warning("%s cannot be listened to now: %s", group, error)
            ready.set()
            await _either(leaving, RETRY_DELAY)


async def _fill(group: str, inbox: _Inbox, ready: asyncio.Event, leaving: asyncio.Event) -> None:
    layer, nonce, confirmed = get_channel_layer(), uuid.uuid4().hex, asyncio.Event()
    await loop_client().ping()  # The layer never forgets a channel that it could not subscribe to.
    channel = await layer.new_channel()
    pump = asyncio.create_task(_pump(layer, channel, inbox, nonce, confirmed))
    try:
        await layer.group_add(group, channel)
        while not (confirmed.is_set() or leaving.is_set()):
            # Our own ring comes back: from then on nothing is missed for want of a subscription.
            await layer.group_send(group, {"type": "log.ping", "nonce": nonce})
            await _either(confirmed, CONFIRMATION_TIMEOUT)
        if ready.is_set():
            inbox.miss()
        ready.set()
        await leaving.wait()
    finally:
        with suppress(redis.RedisError, OSError):
            await layer.group_discard(group, channel)
        await asyncio.sleep(0)  # A pump that has not begun could not give its channel back.
        pump.cancel()
        await asyncio.wait({pump})


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, or for that long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def _pump(layer: Any, channel: str, inbox: _Inbox, nonce: str, confirmed: asyncio.Event) -> None:
    """Empty the layer's own queue, which has no bound, into the inbox, which has one."""
    while True:
        message = await layer.receive(channel)
        if message["type"] == "log.entry":
            inbox.put(Entry(EntryId.parse(message["id"]), orjson.loads(message["entry"])))
        elif message.get("nonce") == nonce:
            confirmed.set()
