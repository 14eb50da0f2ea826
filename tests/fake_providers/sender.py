"""The sender of one scripted answer, with its delays and faults."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator

from aiohttp import web

from tests.fake_providers.formats import Format
from tests.fake_providers.recorder import Recorded
from tests.fake_providers.scripts import Script

GARBAGE = b'data: {"choices": [{"delta": oh no\n\n'


class Cut(Exception):
    """A connection that the stand-in itself has cut."""


class Answer:
    """A scripted answer in one vendor's format."""

    def __init__(self, request: web.Request, recorded: Recorded, script: Script, format_: Format) -> None:
        self._request = request
        self._recorded = recorded
        self._script = script
        self._format = format_
        self._response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})

    async def send(self) -> web.StreamResponse:
        script = self._script
        await self._response.prepare(self._request)
        if script.end != "no_finish" or script.at != 0:
            await self._write(self._format.head())
        await self._chunks()
        if script.end in {"finish", "stall_after_finish"}:
            await self._write(self._format.tail())
        if script.end == "error":
            await self._write([self._format.error_frame()])
        elif script.end in {"stall", "stall_after_finish"}:
            await asyncio.Event().wait()
        elif script.end == "cut":
            self._cut()
        await self._response.write_eof()
        return self._response

    async def _chunks(self) -> None:
        """Send reasoning and text, up to the scripted end."""
        pieces = list(self._pieces())
        # Times are absolute, so the delays of single chunks do not add up.
        step, begin = self._script.step(len(pieces)), time.monotonic()
        for number, (is_reasoning, piece) in enumerate(pieces[: self._script.at]):
            if step:
                await asyncio.sleep(begin + number * step - time.monotonic())
            while number == self._script.hold and not self._script.release.is_set():
                await asyncio.sleep(0.01)
            await self._write(self._noise())
            if not is_reasoning and number and pieces[number - 1][0]:
                await self._write(self._format.begin_text())
            await self._write([self._format.reasoning(piece) if is_reasoning else self._format.text(piece)])
            self._recorded.sent.append(time.monotonic())

    def _pieces(self) -> Iterator[tuple[bool, str]]:
        size = max(1, self._script.chunk_size)
        text = self._script.text.replace("{model}", self._recorded.model)
        for is_reasoning, content in ((True, self._script.reasoning), (False, text)):
            for start in range(0, len(content), size):
                yield is_reasoning, content[start : start + size]

    def _noise(self) -> Iterator[bytes]:
        if self._script.garbage:
            yield GARBAGE
        if self._script.pings:
            yield self._format.ping()
        if self._script.unknown_events:
            yield self._format.unknown()

    async def _write(self, frames: Iterable[bytes]) -> None:
        size = self._script.split
        for frame in frames:
            for start in range(0, len(frame), size or len(frame)):
                await self._response.write(frame[start : start + (size or len(frame))])
                if size:
                    await asyncio.sleep(0)

    def _cut(self) -> None:
        if self._request.transport is not None:
            self._request.transport.close()
        raise Cut
