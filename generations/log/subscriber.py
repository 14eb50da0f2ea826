"""Subscription to a topic: yields every entry of its log once and in order, even if published entries get lost.

The channel layer delivers at most once: it may drop messages, and a reconnect may miss some. So a subscriber waits
until its subscription is confirmed before it reads the log. It accepts a published entry only if that directly follows
the last one, and otherwise reads the log again. It also reads the log on each idle tick, because no later entry reveals
that the last one was missed.
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
"""Seconds of silence after which the log is read again."""
INBOX_LIMIT = 500
"""Entries that may wait for a slow reader; beyond that they are dropped and read from the log later."""
CONFIRMATION_TIMEOUT = 0.5
RETRY_DELAY = 0.5
WARM_UP_RETRY_DELAY = 2.0
READ_AT_ONCE = 500
"""Entries read from the log in one step, so that a slow reader does not hold a whole log in memory."""


class Signal(Enum):
    IDLE = "idle"
    LOG_LOST = "log lost"


IDLE: Final = Signal.IDLE
"""Nothing was published for a tick, and the log has nothing new either."""
LOG_LOST: Final = Signal.LOG_LOST
"""The log that was being read is gone; the following entries belong to a new one."""


async def subscribe(
    topic: str, *, after: EntryId | None = None, tick: float = TICK
) -> AsyncGenerator[Entry | Literal[Signal.IDLE, Signal.LOG_LOST], None]:
    """Yield the entries after ``after`` (None: from the first), then each new one, without end.

    Close it (``aclosing``) to unsubscribe. While Redis is unavailable it yields ``IDLE``, and goes on afterwards.
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
                    yield LOG_LOST
                    continue
                for entry in log.entries:
                    position = entry.id
                    yield entry
                if len(log.entries) == READ_AT_ONCE:
                    continue
            published = await inbox.next(tick)
            behind = published is None or not _is_next(published, position)
            if published is None:
                yield IDLE
            elif not behind:
                position = published.id
                yield published
            elif position is not None and published.id.epoch == position.epoch and published.id <= position:
                behind = False


def _is_next(entry: Entry, position: EntryId | None) -> bool:
    return entry.id.seq == 1 if position is None else entry.id.follows(position)


async def _read(topic: str, position: EntryId | None) -> event_log.Log | None:
    """Return the log, or None if Redis does not respond."""
    try:
        return await event_log.read(loop_client(), topic, position, count=READ_AT_ONCE)
    except redis.RedisError as error:
        logger.warning("the log of %s cannot be read now: %s", topic, error)
        return None


async def keep_layer_awake() -> None:
    """Open one subscription that lasts as long as the running loop; wait for Redis if it is not there yet.

    Without any subscription the channel layer polls every 0.1 s, and the next first token would wait for that.
    """
    layer = get_channel_layer()
    while True:
        try:
            await layer.new_channel("awake")
            return
        except (redis.RedisError, OSError) as error:
            logger.warning("waiting for Redis, which does not respond yet: %s", error)
            await asyncio.sleep(WARM_UP_RETRY_DELAY)


class _Inbox:
    """A bounded queue of published entries; ``next`` returns None after a silent tick and after an overflow."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self._arrived = asyncio.Event()
        self._overflowed = False

    def put(self, entry: Entry) -> None:
        if len(self._entries) >= INBOX_LIMIT:
            self._entries.clear()
            self.overflow()
        self._entries.append(entry)
        self._arrived.set()

    def overflow(self) -> None:
        """Make the reader read the log again, because something may have been missed."""
        self._overflowed = True
        self._arrived.set()

    async def next(self, tick: float) -> Entry | None:
        if not self._entries and not self._overflowed:
            self._arrived.clear()
            try:
                async with asyncio.timeout(tick):
                    await self._arrived.wait()
            except TimeoutError:
                return None
        if self._overflowed:
            self._overflowed = False
            return None
        return self._entries.popleft()


@asynccontextmanager
async def _subscribed(topic: str) -> AsyncIterator[_Inbox]:
    """Provide an inbox that fills with published entries; it stays empty while Redis is unavailable."""
    inbox, ready, leaving = _Inbox(), asyncio.Event(), asyncio.Event()
    listener = asyncio.create_task(_listen(event_log.topic_group(topic), inbox, ready, leaving))
    try:
        await ready.wait()
        yield inbox
    finally:
        # Asked to leave, never canceled: the layer does not undo a subscription that is half made.
        leaving.set()
        await asyncio.wait({listener})


async def _listen(group: str, inbox: _Inbox, ready: asyncio.Event, leaving: asyncio.Event) -> None:
    """Subscribe, retrying as long as that fails, and fill the inbox; set ``ready`` after the first try."""
    while not leaving.is_set():
        try:
            await _fill(group, inbox, ready, leaving)
        except (redis.RedisError, OSError) as error:
            logger.warning("cannot subscribe to %s now: %s", group, error)
            ready.set()
            await _wait_at_most(leaving, RETRY_DELAY)


async def _fill(group: str, inbox: _Inbox, ready: asyncio.Event, leaving: asyncio.Event) -> None:
    layer, nonce, confirmed = get_channel_layer(), uuid.uuid4().hex, asyncio.Event()
    # A failure has to come before the layer subscribes: it never forgets a channel that it could not subscribe to.
    await loop_client().ping()
    channel = await layer.new_channel()
    pump = asyncio.create_task(_pump(layer, channel, inbox, nonce, confirmed))
    try:
        await layer.group_add(group, channel)
        while not (confirmed.is_set() or leaving.is_set()):
            # Once our own message comes back, the subscription is in place and nothing is missed from here on.
            await layer.group_send(group, {"type": "log.ping", "nonce": nonce})
            await _wait_at_most(confirmed, CONFIRMATION_TIMEOUT)
        if ready.is_set():
            inbox.overflow()
        ready.set()
        await leaving.wait()
    finally:
        with suppress(redis.RedisError, OSError):
            await layer.group_discard(group, channel)
        await asyncio.sleep(0)  # A pump that is canceled before it has started would not release its channel.
        pump.cancel()
        await asyncio.wait({pump})


async def _wait_at_most(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def _pump(layer: Any, channel: str, inbox: _Inbox, nonce: str, confirmed: asyncio.Event) -> None:
    """Move messages from the layer's own unbounded queue into the bounded inbox."""
    while True:
        message = await layer.receive(channel)
        if message["type"] == "log.entry":
            inbox.put(Entry(EntryId.parse(message["id"]), orjson.loads(message["entry"])))
        elif message.get("nonce") == nonce:
            confirmed.set()
