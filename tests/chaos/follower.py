"""A reader that follows a comparison over random transports and web processes, and reconnects."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Literal, TypeVar

import aiohttp
import orjson

from tests.chaos.reader_record import Json, ReaderRecord

T = TypeVar("T")
Transport = Literal["sse", "socket"]
Frame = tuple[str, Json]

PAUSE = 0.2
SILENCE = 60.0
"""Seconds without an event after which a reader gives up, because the stream hangs."""


class Follower:
    """A reader of one comparison; ``record`` has what it received.

    ``bases`` are the URLs of the web processes, ``drops`` the moments (``loop.time()``) at which the connection is
    dropped. ``on_event`` is called with each event.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        bases: Sequence[str],
        comparison_id: str,
        *,
        drops: Sequence[float] = (),
        transports: Sequence[Transport] = ("sse", "socket"),
        rng: random.Random | None = None,
        on_event: Callable[[Json], None] | None = None,
    ) -> None:
        self.record = ReaderRecord()
        self.dropped = 0
        self.broken: list[str] = []
        self.refused: list[int] = []
        self._session, self._bases, self._comparison_id = session, bases, comparison_id
        self._drops, self._transports = sorted(drops), transports
        self._rng = rng or random.Random(comparison_id)
        self._on_event = on_event

    async def follow(self) -> ReaderRecord:
        """Read, and reconnect after each drop, until the run is done; raises TimeoutError after a long silence."""
        drops = iter([*self._drops, float("inf")])
        drop = next(drops)
        began = time.monotonic()
        while self.record.done is None:
            if time.monotonic() - began > 2 * SILENCE:
                raise TimeoutError("the run does not end")
            try:
                async with asyncio.timeout_at(drop):
                    await self._read()
            except TimeoutError:
                if asyncio.get_running_loop().time() < drop:
                    raise
                self.dropped += 1
                drop = next(drops)
                await asyncio.sleep(self._rng.uniform(0, PAUSE))
            except aiohttp.WSServerHandshakeError as error:
                self.refused.append(error.status)
                await asyncio.sleep(PAUSE)
            except (aiohttp.ClientError, ConnectionError) as error:
                self.broken.append(repr(error))
                await asyncio.sleep(PAUSE)
        return self.record

    async def _read(self) -> None:
        base, transport = self._rng.choice(self._bases), self._rng.choice(self._transports)
        if not self.record.resume_point:
            self.record.received.clear()
        frames = self._events(base) if transport == "sse" else self._frames(base)
        async with aclosing(frames):
            async for id_, event in frames:
                self.record.take(id_, event)
                if self._on_event is not None:
                    self._on_event(event)
                if event["event"] == "done":
                    return

    async def _events(self, base: str) -> AsyncGenerator[Frame, None]:
        headers = {"Last-Event-ID": self.record.resume_point} if self.record.resume_point else {}
        url = f"{base}/api/v1/comparisons/{self._comparison_id}/stream"
        async with self._session.get(url, headers=headers) as response:
            if response.status == 204:
                raise aiohttp.ClientError("nothing is left to send, and yet there was no done")
            if response.status != 200:
                self.refused.append(response.status)
                await asyncio.sleep(PAUSE)
                return
            id_ = ""
            while line := await _within_silence(response.content.readline()):
                name, _, value = line.rstrip(b"\n").partition(b": ")
                if name == b"id":
                    id_ = value.decode()
                elif name == b"data":
                    yield id_, orjson.loads(value)
        raise aiohttp.ClientError("the stream ended without done")

    async def _frames(self, base: str) -> AsyncGenerator[Frame, None]:
        after = f"?after={self.record.resume_point}" if self.record.resume_point else ""
        url = f"{base}/ws/comparisons/{self._comparison_id}/{after}"
        async with self._session.ws_connect(url, max_msg_size=0) as socket:
            while True:
                message = await _within_silence(socket.receive())
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise aiohttp.ClientError(f"the socket was closed with {socket.close_code}")
                event = orjson.loads(message.data)
                yield event.pop("seq", "0-0"), event


async def _within_silence(awaitable: Awaitable[T]) -> T:
    async with asyncio.timeout(SILENCE):
        return await awaitable
