"""A stand-in provider that costs next to nothing: OpenAI's chat completions, streamed, with stamped chunks.

``python -m tests.bench.load.provider`` prints its URL once it listens. The model's name says what it sends:
``stamped-40x25`` is 40 chunks, one each 25 ms. ``GET /figures`` returns how late it has sent since the last time, in
milliseconds, so that a run can tell whether the provider itself was the limit.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import httptools
import orjson
import uvloop

from tests.bench.load.distribution import Distribution
from tests.bench.load.stamps import stamped

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
FINISH: dict[str, Any] = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
COMMON = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "stamped"}

_streams = itertools.count()
_late: list[float] = []


class Connection(asyncio.Protocol):
    """One connection of a client, which may send several requests one after the other."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""
        self._path = b""
        self._closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed = True

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path, self._body = url, b""

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._path == b"/figures":
            self._respond_with_figures()
            return
        if not self._body:
            self._transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        request = orjson.loads(self._body)
        chunks, milliseconds = map(int, request["model"].removeprefix("stamped-").split("x"))
        self._transport.write(HEAD)
        self._send(next(_streams), 0, chunks, milliseconds / 1000, self._loop.time())

    def _send(self, stream: int, number: int, chunks: int, interval: float, due: float) -> None:
        if self._closed:
            return
        _late.append((self._loop.time() - due) * 1000)
        choice = {"index": 0, "delta": {"content": stamped(stream, number)}, "finish_reason": None}
        frames = _frame({"choices": [choice]})
        if number + 1 == chunks:
            usage = {"prompt_tokens": 10, "completion_tokens": chunks, "total_tokens": 10 + chunks}
            frames += _frame(FINISH) + _frame({"choices": [], "usage": usage}) + chunk(b"data: [DONE]\n\n")
            self._transport.write(frames + b"0\r\n\r\n")
            return
        self._transport.write(frames)
        due += interval
        self._loop.call_at(due, partial(self._send, stream, number + 1, chunks, interval, due))

    def _respond_with_figures(self) -> None:
        body = orjson.dumps(Distribution.of(_late).as_json())
        _late.clear()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % len(body) + body)


def _frame(data: dict[str, Any]) -> bytes:
    return chunk(b"data: " + orjson.dumps({**COMMON, **data}) + b"\n\n")


def chunk(data: bytes) -> bytes:
    """Return data as a chunk of a chunked response."""
    return b"%x\r\n%s\r\n" % (len(data), data)


async def serve(protocol: Callable[[], asyncio.Protocol]) -> None:
    """Listen on a free port, print its URL, and serve until the process ends."""
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(Connection))
