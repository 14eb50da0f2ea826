"""Subscription to a topic: yields every entry of its log once and in order, even if published entries get lost.

The channel layer delivers at most once: it may drop messages, and a reconnect may miss some. So a subscriber accepts a
published entry only if it directly follows the last one, and otherwise reads the log again. It also reads the log on
each idle tick, because no later entry reveals that the last one was missed. Each time that the log is read, the topic
is followed from there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from enum import Enum
from typing import Final, Literal

import redis

from generations.log.event_log import Entry, EntryId, Log
from generations.log.live_topics import live_topics

logger = logging.getLogger(__name__)

TICK = 3.0
"""Seconds of silence after which the log is read again."""
RETRY_DELAY = 0.5
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
    position, behind = after, True
    with live_topics().follow(topic) as inbox:
        while True:
            if behind:
                log = await _read(topic, position)
                if log is None:
                    yield IDLE
                    await asyncio.sleep(RETRY_DELAY)
                    continue
                if position is not None and log.epoch != position.epoch and not _is_to_begin(log, position):
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


def _is_to_begin(log: Log, position: EntryId) -> bool:
    """Return True if there is no log yet, and the reader waits for its first entry."""
    return log.epoch is None and position.seq == 0


def _is_next(entry: Entry, position: EntryId | None) -> bool:
    return entry.id.seq == 1 if position is None else entry.id.follows(position)


async def _read(topic: str, position: EntryId | None) -> Log | None:
    """Return the log, or None if Redis does not respond."""
    try:
        return await live_topics().read(topic, position, READ_AT_ONCE)
    except (redis.RedisError, OSError) as error:
        logger.warning("the log of %s cannot be read now: %s", topic, error)
        return None
