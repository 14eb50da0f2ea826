"""Every socket route of the ASGI application, and sockets opened in this process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from llmselect_project.asgi_routes import sockets
from tests.security.client import HOST, TIMEOUT, Caller, connect
from tests.security.owned_rows import Belongings


def socket_paths(belongings: Belongings) -> list[str]:
    """Return the paths of all socket routes with the owner's ids in them; fails if a parameter is unknown."""
    return list(dict.fromkeys(_path(route, ids) for route in sockets.routes for ids in belongings.ids))


def _path(route: Any, ids: dict[tuple[str, str], str]) -> str:
    app = route.callback.consumer_class.__module__.partition(".")[0]
    values = {}
    for parameter in route.pattern.converters:
        if (app, parameter) not in ids:
            pytest.fail(
                f"There is no value for the parameter “{parameter}” of the socket {route.pattern}. "
                f"Add one to ids in tests/security/owned_rows.py, under ({app!r}, {parameter!r})."
            )
        values[parameter] = ids[app, parameter]
    return "/" + _filled(str(route.pattern), values)


def _filled(pattern: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        before, _, rest = pattern.partition("<")
        converter, _, after = rest.partition(">")
        assert converter.rpartition(":")[2] == name
        pattern = before + value + after
    return pattern


class Socket:
    """An accepted socket."""

    def __init__(self, communicator: Any) -> None:
        self._communicator = communicator

    async def frame(self) -> str:
        """Return the next frame."""
        output = await self._communicator.receive_output(TIMEOUT)
        assert output["type"] == "websocket.send", output
        return str(output["text"])

    async def event(self) -> dict[str, Any]:
        """Return the next frame of a JSON socket."""
        event: dict[str, Any] = json.loads(await self.frame())
        return event

    async def send(self, message: str | bytes | dict[str, Any]) -> None:
        """Send one message: raw if it is text or bytes, else as JSON."""
        raw = json.dumps(message) if isinstance(message, dict) else message
        await self._communicator.send_input(
            {"type": "websocket.receive", "bytes" if isinstance(raw, bytes) else "text": raw}
        )

    async def read_to_end(self) -> tuple[list[str], int]:
        """Return all frames until the server closes the socket, and the close code."""
        frames: list[str] = []
        while (output := await self._communicator.receive_output(TIMEOUT))["type"] == "websocket.send":
            frames.append(output["text"])
        return frames, int(output["code"])


@asynccontextmanager
async def open_socket(path: str, caller: Caller, **headers: str) -> AsyncIterator[Socket]:
    """Open a socket as this caller; it is closed at the end."""
    names = {"host": HOST, **headers}
    pairs = [(name.encode(), value.encode()) for name, value in names.items()]
    communicator = connect("websocket", path, [*pairs, *caller.headers], subprotocols=[])
    await communicator.send_input({"type": "websocket.connect"})
    response = await communicator.receive_output(TIMEOUT)
    assert response["type"] == "websocket.accept", response
    yield Socket(communicator)
    await communicator.send_input({"type": "websocket.disconnect", "code": 1005})
    await communicator.wait(TIMEOUT)
