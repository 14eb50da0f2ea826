"""The doors through which a client asks: each sends one request and reads its answers to their end."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from tests.bench.load.stamps import Column

PROVIDER = "openrouter"
FOOTER_OF_ENDED_TURN = re.compile(r'<div class="turn-actions"(?! data-running)')
COLUMN = re.compile(r'id="column-([0-9a-f-]{36})"')


@dataclass(frozen=True, slots=True)
class Caller:
    """A session, used with the credentials of one user."""

    http: aiohttp.ClientSession
    headers: dict[str, str]

    def post(self, path: str, data: bytes) -> Any:
        return self.http.post(path, data=data, headers=self.headers)

    def ws_connect(self, path: str) -> Any:
        return self.http.ws_connect(path, headers=self.headers, max_msg_size=0)


Door = Callable[[Caller, str, Sequence[Column]], Awaitable[None]]
"""Ask ``model`` once for each column, and read what arrives into the columns."""


class Refused(Exception):
    """A response that is not a stream."""


async def compare(caller: Caller, model: str, columns: Sequence[Column]) -> None:
    """``POST /api/v1/compare/stream``."""
    async with caller.post("/api/v1/compare/stream", data=_comparison(model, columns)) as response:
        async for event in _events(response):
            _read(event, columns)


async def socket(caller: Caller, model: str, columns: Sequence[Column]) -> None:
    """``POST /api/v1/comparisons``, then the comparison's socket."""
    started = await _start(caller, model, columns)
    async with caller.ws_connect(f"/ws/comparisons/{started['comparison_id']}/") as frames:
        async for message in frames:
            event = orjson.loads(message.data)
            _read(event, columns)
            if event["event"] == "done":
                break


async def page(caller: Caller, model: str, columns: Sequence[Column]) -> None:
    """``POST /api/v1/comparisons``, then the socket of its page, which sends HTML."""
    started = await _start(caller, model, columns)
    by_result = {result["result_id"]: column for result, column in zip(started["results"], columns, strict=True)}
    async with caller.ws_connect(f"/ws/comparisons/{started['comparison_id']}/html/") as frames:
        async for message in frames:
            parts = re.split(r"(?=<[a-z]+[^<>]*hx-swap-oob)", message.data)
            for part in parts:
                name = next((name for name in by_result if name in part), None)
                if name is not None:
                    by_result[name].take_again(part)
            if FOOTER_OF_ENDED_TURN.search(message.data):
                break
    for column in columns:
        column.completed = True


async def chat(caller: Caller, model: str, columns: Sequence[Column]) -> None:
    """``POST /api/v1/chat/stream`` with a new chat, whose title is asked for as well."""
    (column,) = columns
    await _exchange(caller, {"message": "Go", "provider": PROVIDER, "model": model}, column)


async def chat_twice(caller: Caller, model: str, columns: Sequence[Column]) -> None:
    """A new chat, of which nothing is measured but the CPU, and then the next message in it."""
    (column,) = columns
    body = {"message": "Go", "provider": PROVIDER, "model": model}
    await _exchange(caller, {**body, "conversation_id": await _exchange(caller, body, Column())}, column)


async def _exchange(caller: Caller, body: dict[str, Any], column: Column) -> str:
    """Send a message, read its answer, and return the id of the chat."""
    chat_id = ""
    async with caller.post("/api/v1/chat/stream", data=orjson.dumps(body)) as response:
        async for event in _events(response):
            chat_id = event.get("conversation_id", chat_id)
            column.take(event.get("content", ""))
            column.completed |= event.get("done", False)
            column.error = event.get("error", column.error)
    return chat_id


async def completions(caller: Caller, model: str, columns: Sequence[Column]) -> None:
    """``POST /v1/chat/completions``: the stand-in itself, and other gateways."""
    (column,) = columns
    body = {"model": model, "messages": [{"role": "user", "content": "Go"}], "stream": True}
    async with caller.post("/v1/chat/completions", data=orjson.dumps(body)) as response:
        async for event in _events(response):
            for choice in event.get("choices", ()):
                column.take(choice["delta"].get("content") or "")
                column.completed |= choice.get("finish_reason") == "stop"


DOORS: dict[str, Door] = {
    "compare": compare,
    "socket": socket,
    "page": page,
    "chat": chat,
    "chat twice": chat_twice,
    "completions": completions,
}


async def _start(caller: Caller, model: str, columns: Sequence[Column]) -> dict[str, Any]:
    async with caller.post("/api/v1/comparisons", data=_comparison(model, columns)) as response:
        body: dict[str, Any] = await response.json()
        if response.status != 201:
            raise Refused(f"{response.status}: {body}")
        return body


def _comparison(model: str, columns: Sequence[Column]) -> bytes:
    return orjson.dumps({"prompt": "Go", "providers": [{"provider": PROVIDER, "model": model} for _ in columns]})


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    if response.status != 200:
        raise Refused(f"{response.status}: {(await response.text())[:300]}")
    rest = b""
    async for data in response.content.iter_any():
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            if line.startswith(b"data: {"):
                yield orjson.loads(line[6:])


def _read(event: dict[str, Any], columns: Sequence[Column]) -> None:
    match event:
        case {"event": "chunk", "index": index, "chunk": text}:
            columns[index].take(text)
        case {"event": "complete", "index": index, "data": {"response": text}}:
            # A reader that came after the end receives the text with it.
            columns[index].take_again(text)
            columns[index].completed = True
        case {"event": "error", "index": index, "code": code, "error": sentence}:
            columns[index].error = f"{code}: {sentence}"
