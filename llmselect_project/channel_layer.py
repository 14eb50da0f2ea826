"""The channel layer: that of channels-redis, with connections that wait for messages.

Its own ask ten times a second whether a message has come, which is a third of what an idle web process does.
"""

from __future__ import annotations

import math
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.asyncio.connection import Connection, SSLConnection, UnixDomainSocketConnection, parse_url


class _Waiting:
    """Reads a response without a timeout, whatever the caller asks for; a lost connection is an error at once."""

    async def read_response(self, *args: Any, **options: Any) -> Any:
        return await super().read_response(*args, **{**options, "timeout": math.inf})  # type: ignore[misc]


class _WaitingConnection(_Waiting, Connection):
    pass


class _WaitingSSLConnection(_Waiting, SSLConnection):
    pass


class _WaitingUnixConnection(_Waiting, UnixDomainSocketConnection):
    pass


_CLASSES = {
    Connection: _WaitingConnection,
    SSLConnection: _WaitingSSLConnection,
    UnixDomainSocketConnection: _WaitingUnixConnection,
}


class ChannelLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    def __init__(self, url: str, prefix: str) -> None:
        # With a timeout, redis sends each command by asyncio.wait_for, which can swallow a cancellation on Python 3.11.
        options: dict[str, Any] = {**parse_url(url), "socket_timeout": None}
        waiting = _CLASSES[options.get("connection_class", Connection)]
        super().__init__(hosts=[{**options, "connection_class": waiting}], prefix=prefix)
