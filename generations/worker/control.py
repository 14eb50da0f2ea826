"""Control channel: sends stops to all workers at once."""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncGenerator, Sequence

import orjson
import redis
from django.conf import settings

from core.redis_clients import subscriber_client, thread_client

logger = logging.getLogger(__name__)


def send_stop(leases: Sequence[uuid.UUID]) -> None:
    """Send all workers a stop for the answers under these leases.

    A worker that misses it reads the flag in the database at its next checkpoint.
    """
    try:
        thread_client().publish(_channel(), orjson.dumps({"stop": list(leases)}))
    except redis.RedisError as error:
        logger.warning("a stop could not be sent to the workers: %s", error)


async def stops() -> AsyncGenerator[list[uuid.UUID], None]:
    """Yield the leases of each stop as it is sent, without end; raises RedisError if the connection is lost."""
    client = subscriber_client()
    try:
        async with client.pubsub() as subscription:
            await subscription.subscribe(_channel())
            while True:
                message = await subscription.get_message(ignore_subscribe_messages=True, timeout=None)
                if message is not None:
                    yield [uuid.UUID(lease) for lease in orjson.loads(message["data"])["stop"]]
    finally:
        await client.aclose()


def _channel() -> str:
    return f"{settings.REDIS_PREFIX}:control"
