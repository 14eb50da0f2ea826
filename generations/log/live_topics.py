"""The topics whose entries this loop receives from the channel layer: each once, however many readers follow it.

The channel layer delivers at most once: it may drop messages, and a reconnect may miss some. ``subscriber.subscribe``
makes up for that.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
import redis
from channels.layers import get_channel_layer

from core.deadline import Deadline
from core.redis_clients import loop_client
from core.scoped_values import once_a_loop
from generations.log import event_log
from generations.log.event_log import Entry, EntryId

logger = logging.getLogger(__name__)

INBOX_LIMIT = 500
"""Entries that may wait for a slow reader; beyond that they are dropped and read from the log later."""
CONFIRMATION_TIMEOUT = 0.5
RETRY_DELAY = 0.5
WARM_UP_RETRY_DELAY = 2.0


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


@dataclass(slots=True)
class _Topic:
    """A topic and the inboxes of its readers.

    ``tried`` is set after the first attempt to subscribe, ``confirmed`` once the subscription is known to be in place,
    ``deserted`` while nobody reads.
    """

    name: str
    inboxes: set[Inbox] = field(default_factory=set)
    tried: asyncio.Event = field(default_factory=asyncio.Event)
    confirmed: asyncio.Event = field(default_factory=asyncio.Event)
    deserted: asyncio.Event = field(default_factory=asyncio.Event)
    nonce: str = field(default_factory=lambda: uuid.uuid4().hex)
    keeper: asyncio.Task[None] | None = None

    def receive(self, message: dict[str, Any]) -> None:
        if message["type"] == "log.entry":
            entry = Entry(EntryId.parse(message["id"]), orjson.loads(message["entry"]))
            for inbox in self.inboxes:
                inbox.put(entry)
        elif message["nonce"] == self.nonce:
            self.confirmed.set()

    def leave(self, inbox: Inbox) -> None:
        inbox.close()
        self.inboxes.discard(inbox)
        if not self.inboxes:
            self.deserted.set()


class LiveTopics:
    """The subscriptions of one loop, all through one channel of the layer, so that each entry is decoded once."""

    def __init__(self) -> None:
        self._layer: Any = get_channel_layer()
        self._topics: dict[str, _Topic] = {}
        self._opening = asyncio.Lock()
        self._channel = ""
        self._receiver: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def follow(self, name: str, *, confirmed: bool = True) -> AsyncIterator[Inbox]:
        """Provide an inbox that fills with a topic's published entries; it stays empty while Redis is unavailable.

        Its readers share its entries and do not change them. With ``confirmed`` nothing is missed from the moment at
        which the inbox is provided.
        """
        topic, inbox = self._topic(name), Inbox()
        topic.inboxes.add(inbox)
        topic.deserted.clear()
        try:
            if confirmed:
                await self._confirm(topic)
            yield inbox
        finally:
            topic.leave(inbox)

    async def open(self) -> None:
        """Open the channel if that has not been done; raises RedisError or OSError if Redis is unavailable."""
        async with self._opening:
            if self._receiver is None:
                # A failure has to come before the layer subscribes: it never forgets a channel that it could not
                # subscribe to.
                await loop_client().ping()
                self._channel = await self._layer.new_channel()
                self._receiver = asyncio.create_task(self._receive())

    async def _receive(self) -> None:
        while True:
            try:
                message = await self._layer.receive(self._channel)
                topic = self._topics.get(message["channel"])
                if topic is not None:
                    topic.receive(message)
            except Exception:
                logger.exception("a message in the channel layer is not one of ours")

    def _topic(self, name: str) -> _Topic:
        channel = event_log.topic_channel(name)
        topic = self._topics.get(channel)
        if topic is None:
            topic = self._topics[channel] = _Topic(name)
            topic.keeper = asyncio.create_task(self._keep(topic, channel))
        return topic

    async def _keep(self, topic: _Topic, channel: str) -> None:
        """Subscribe to a topic, retrying as long as that fails, until nobody reads it any more."""
        group = event_log.topic_group(topic.name)
        while topic.inboxes:
            try:
                await self.open()
                await self._layer.group_add(group, self._channel)
            except (redis.RedisError, OSError) as error:
                logger.warning("cannot subscribe to %s now: %s", topic.name, error)
                topic.tried.set()
                await _wait_at_most(topic.deserted, RETRY_DELAY)
                continue
            if topic.tried.is_set():
                for inbox in topic.inboxes:
                    inbox.overflow()
            topic.tried.set()
            while topic.inboxes:
                await topic.deserted.wait()
        # The layer leaves the group in the same step, so that a reader who comes now joins it again.
        del self._topics[channel]
        with suppress(redis.RedisError, OSError):
            await self._layer.group_discard(group, self._channel)

    async def _confirm(self, topic: _Topic) -> None:
        """Wait until a message of ours comes back, and with it the proof that the subscription is in place.

        Return early if Redis is unavailable.
        """
        group, channel = event_log.topic_group(topic.name), event_log.topic_channel(topic.name)
        await topic.tried.wait()
        while not topic.confirmed.is_set():
            try:
                await self._layer.group_send(group, {"type": "log.ping", "channel": channel, "nonce": topic.nonce})
            except (redis.RedisError, OSError) as error:
                logger.warning("the subscription to %s cannot be confirmed now: %s", topic.name, error)
                return
            await _wait_at_most(topic.confirmed, CONFIRMATION_TIMEOUT)


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


async def _wait_at_most(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
