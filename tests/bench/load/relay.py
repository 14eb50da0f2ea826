"""The least that a relay of streams can do: ``python -m tests.bench.load.relay <provider's URL>`` prints its own.

It reads each chunk of the provider, parses its JSON once, encodes it once and writes it, in one process without a
database, a log or a user. So its CPU for a chunk is a limit that no gateway in Python gets below.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast
from urllib.parse import urlsplit

import httptools
import orjson
import uvloop

from tests.bench.load.provider import HEAD, chunk, serve

REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: provider\r\nContent-Length: %d\r\n\r\n%s"


class Downstream(asyncio.Protocol):
    """A client's connection, for one request at a time."""

    def __init__(self, provider: tuple[str, int]) -> None:
        self._provider = provider
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""
        self._connecting: asyncio.Task[object] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        body, self._body = self._body, b""
        self.transport.write(HEAD)
        connect = asyncio.get_running_loop().create_connection(lambda: Upstream(self.transport, body), *self._provider)
        self._connecting = asyncio.ensure_future(connect)


class Upstream(asyncio.Protocol):
    """The provider's connection for one request."""

    def __init__(self, client: asyncio.Transport, body: bytes) -> None:
        self._client = client
        self._body = body
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(REQUEST % (len(self._body), self._body))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        # The stand-in sends each event whole.
        events = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: ")]
        data = b"".join(
            b"data: %s\n\n" % (event if event == b"[DONE]" else orjson.dumps(orjson.loads(event))) for event in events
        )
        self._client.write(chunk(data))

    def on_message_complete(self) -> None:
        self._client.write(b"0\r\n\r\n")
        self._transport.close()


if __name__ == "__main__":
    provider = urlsplit(sys.argv[1])
    address = (str(provider.hostname), int(provider.port or 80))
    uvloop.run(serve(lambda: Downstream(address)))
