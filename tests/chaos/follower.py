"""A reader who follows a comparison over random transports and web processes, and comes back."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Literal, TypeVar

import aiohttp
import orjson

from tests.chaos.reader_record import Account, Json

T = TypeVar("T")
Transport = Literal["sse", "socket"]
Frame = tuple[str, Json]

PAUSE = 0.2
SILENCE = 60.0
"""Seconds of silence after which a reader gives up: that is a hang."""


class Follower:
    """Reads until ``done``. ``bases`` are the URLs of the web processes; ``drops`` the moments (``loop.time()``) at
    which the connection is dropped."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        bases: Sequence[str],
        comparison_id: str,
        *,
        drops: Sequence[float] = (),
        transports: Sequence[Transport] = ("sse", "socket"),
        chance: random.Random | None = None,
        heard: Callable[[Json], None] | None = None,
    ) -> None:
        self.account = Account()
        self.dropped = 0
        self.broken: list[str] = []
        self.refused: list[int] = []
        self._session, self._bases, self._path = session, bases, comparison_id
        self._drops, self._transports = sorted(drops), transports
        self._chance = chance or random.Random(comparison_id)
        self._heard = heard

    async def follow(self) -> Account:
        """Read and come back until the run is done; raises TimeoutError after a long silence."""
        drops = iter([*self._drops, float("inf")])
        drop = next(drops)
        began = time.monotonic()
        while self.account.done is None:
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
                await asyncio.sleep(self._chance.uniform(0, PAUSE))
            except aiohttp.WSServerHandshakeError as error:
                self.refused.append(error.status)
                await asyncio.sleep(PAUSE)
            except (aiohttp.ClientError, ConnectionError) as error:
                self.broken.append(repr(error))
                await asyncio.sleep(PAUSE)
        return self.account

    async def _read(self) -> None:
        base, transport = self._chance.choice(self._bases), self._chance.choice(self._transports)
        if not self.account.place:
            self.account.said.clear()
        frames = self._events(base) if transport == "sse" else self._frames(base)
        async with aclosing(frames):
            async for id_, event in frames:
                self.account.take(id_, event)
                if self._heard is not None:
                    self._heard(event)
                if event["event"] == "done":
                    return

    async def _events(self, base: str) -> AsyncGenerator[Frame, None]:
        headers = {"Last-Event-ID": self.account.place} if self.account.place else {}
        url = f"{base}/api/v1/comparisons/{self._path}/stream"
        async with self._session.get(url, headers=headers) as response:
            if response.status == 204:
                raise aiohttp.ClientError("all was told, and yet there was no done")
            if response.status != 200:
                self.refused.append(response.status)
                await asyncio.sleep(PAUSE)
                return
            id_ = ""
            while line := await _soon(response.content.readline()):
                name, _, value = line.rstrip(b"\n").partition(b": ")
                if name == b"id":
                    id_ = value.decode()
                elif name == b"data":
                    yield id_, orjson.loads(value)
        raise aiohttp.ClientError("the stream ended without done")

    async def _frames(self, base: str) -> AsyncGenerator[Frame, None]:
        after = f"?after={self.account.place}" if self.account.place else ""
        url = f"{base}/ws/comparisons/{self._path}/{after}"
        async with self._session.ws_connect(url, max_msg_size=0) as socket:
            while True:
                message = await _soon(socket.receive())
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise aiohttp.ClientError(f"the socket was closed with {socket.close_code}")
                event = orjson.loads(message.data)
                yield event.pop("seq", "0-0"), event


async def _soon(waiting: Awaitable[T]) -> T:
    async with asyncio.timeout(SILENCE):
        return await waiting
