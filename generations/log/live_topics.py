"""The topics that readers of this loop follow: entries come through one channel, however many topics and readers.

The channel layer delivers at most once: it may drop messages, and a reconnect may miss some. ``subscriber.subscribe``
makes up for that.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Any

import orjson
import redis
from channels.layers import get_channel_layer

from core.deadline import Deadline
from core.redis_clients import loop_client
from core.scoped_values import once_a_loop
from generations.log import event_log
from generations.log.event_log import Entry, EntryId, Log

logger = logging.getLogger(__name__)

INBOX_LIMIT = 500
"""Entries that may wait for a slow reader; beyond that they are dropped and read from the log later."""
CONFIRMATION_TIMEOUT = 0.5
WARM_UP_RETRY_DELAY = 2.0
WATCH_INTERVAL = 1.0
"""Seconds between two looks at whether Redis still knows what this process follows."""


class Inbox:
    """A bounded queue of published entries."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._entries: deque[Entry] = deque()
        self._overflowed = False
        self._waiter: asyncio.Future[None] | None = None
        self._silence = Deadline(self._wake)

    def put(self, entry: Entry) -> None:
        if len(self._entries) >= INBOX_LIMIT:
            self._entries.clear()
            self._overflowed = True
        self._entries.append(entry)
        self._wake()

    def overflow(self) -> None:
        """Make the reader read the log again, because something may have been missed."""
        self._overflowed = True
        self._wake()

    async def next(self, tick: float) -> Entry | None:
        """Return the next entry, None after ``tick`` silent seconds and after an overflow."""
        if not self._entries and not self._overflowed:
            await self._wait(tick)
        if self._overflowed or not self._entries:
            self._overflowed = False
            return None
        return self._entries.popleft()

    def close(self) -> None:
        self._silence.stop()

    async def _wait(self, tick: float) -> None:
        self._silence.set(self._loop.time() + tick)
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
            self._silence.unset()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class LiveTopics:
    """The topics that readers of one loop follow, all through one channel of the layer, so that each entry arrives and
    is decoded once."""

    def __init__(self) -> None:
        self._layer: Any = get_channel_layer()
        self._inboxes: dict[str, set[Inbox]] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}
        self._opening = asyncio.Lock()
        self._opened = asyncio.Event()
        self._channel = ""
        self._tasks: list[asyncio.Task[None]] = []

    @contextmanager
    def follow(self, topic: str) -> Iterator[Inbox]:
        """Provide an inbox that fills with a topic's published entries, from the first ``read`` on.

        Its readers share its entries and do not change them.
        """
        inbox = Inbox()
        self._inboxes.setdefault(topic, set()).add(inbox)
        try:
            yield inbox
        finally:
            inbox.close()
            self._inboxes[topic].discard(inbox)
            if not self._inboxes[topic]:
                del self._inboxes[topic]

    async def read(self, topic: str, after: EntryId | None, count: int) -> Log:
        """Read the log as ``event_log.read`` does, and have its later entries published to this loop; raises
        RedisError or OSError if Redis is unavailable."""
        await self.open()
        while leaving := self._leaving.get(topic):
            await asyncio.wait({leaving})
        return await event_log.read(loop_client(), topic, after, count=count, follower=self._channel)

    async def open(self) -> None:
        """Open the channel and wait until something has come through it, unless that was done before; raises
        RedisError or OSError if Redis is unavailable."""
        if self._opened.is_set():
            return
        async with self._opening:
            if not self._tasks:
                # A failure has to come before the layer subscribes: it never forgets a channel that it could not
                # subscribe to.
                await loop_client().ping()
                self._channel = await self._layer.new_channel()
                await event_log.remember_follower(loop_client(), self._channel)
                self._tasks = [asyncio.create_task(self._receive()), asyncio.create_task(self._watch())]
            while not self._opened.is_set():
                await self._layer.send(self._channel, {"type": "log.opened"})
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._opened.wait(), CONFIRMATION_TIMEOUT)

    async def _receive(self) -> None:
        while True:
            try:
                message = await self._layer.receive(self._channel)
                if message["type"] == "log.opened":
                    self._opened.set()
                else:
                    self._distribute(message["entries"])
            except Exception:
                logger.exception("a message in the channel layer is not one of ours")

    def _distribute(self, entries: Sequence[tuple[str, str, int, str]]) -> None:
        """Put entries, each with its topic, epoch, number and JSON, into the inboxes of the readers."""
        deserted = set()
        for topic, epoch, seq, json in entries:
            inboxes = self._inboxes.get(topic)
            if inboxes is None:
                deserted.add(topic)
                continue
            entry = Entry(EntryId(int(epoch), seq), orjson.loads(json))
            for inbox in inboxes:
                inbox.put(entry)
        if deserted := deserted - self._leaving.keys():
            leaving = asyncio.create_task(self._leave(deserted))
            self._leaving |= dict.fromkeys(deserted, leaving)

    async def _watch(self) -> None:
        """Have all readers read their logs again, and so follow their topics again, if Redis has lost its data."""
        while True:
            await asyncio.sleep(WATCH_INTERVAL)
            try:
                if not await event_log.remember_follower(loop_client(), self._channel):
                    for inbox in chain.from_iterable(self._inboxes.values()):
                        inbox.overflow()
            except (redis.RedisError, OSError) as error:
                logger.warning("it is unknown whether this process still follows its topics: %s", error)

    async def _leave(self, topics: Collection[str]) -> None:
        """Stop following topics of which an entry has come although nobody reads them here any more."""
        try:
            await event_log.stop_following(loop_client(), topics, self._channel)
        except (redis.RedisError, OSError) as error:
            logger.warning("%d topics are followed for longer: %s", len(topics), error)
        finally:
            for topic in topics:
                del self._leaving[topic]


@once_a_loop
def live_topics() -> LiveTopics:
    """Return the topics of the running loop."""
    return LiveTopics()


async def keep_layer_awake() -> None:
    """Open the channel of the running loop, which lasts as long as that; wait for Redis if it is not there yet.

    Without any subscription the channel layer polls every 0.1 s, and the next first token would wait for that.
    """
    while True:
        try:
            await live_topics().open()
            return
        except (redis.RedisError, OSError) as error:
            logger.warning("waiting for Redis, which does not respond yet: %s", error)
            await asyncio.sleep(WARM_UP_RETRY_DELAY)
