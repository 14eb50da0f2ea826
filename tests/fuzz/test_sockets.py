from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import psutil
import pytest
import requests
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.fuzz.frames import BAD_FRAMES, PING, bad_messages, frame
from tests.integration.api_client import Program
from tests.security.error_shape import is_sentence
from tests.support.live import Live

PATIENCE = 30
PINGS = 2000
SOCKETS = ("", "html/")


@pytest.fixture(scope="module")
def program(installation: Live) -> Program:
    return Program(installation.register())


@pytest.fixture(scope="module")
def comparison(program: Program) -> str:
    started = program.stream("openai/gpt-4o")
    return str(started.until("done")[0].data["comparison_id"])


@pytest.fixture(autouse=True)
def _still_sound(installation: Live, no_traceback: None) -> Iterator[None]:
    """A check after each test: the same process still runs, responds, has not grown much, and logged no traceback."""
    assert installation.web is not None
    process = psutil.Process(installation.web.pid)
    memory = process.memory_info().rss
    yield
    assert installation.web.poll() is None
    assert requests.get(f"{installation.base_url}/health/live", timeout=PATIENCE).status_code == 200
    assert process.memory_info().rss - memory < 100 * 1024 * 1024


@pytest.mark.parametrize("seed", [1, 2])
async def test_it_refuses_each_of_thousands_of_messages_and_stays_open(
    seed: int, program: Program, comparison: str
) -> None:
    messages = list(bad_messages(3500, seed))

    async with opened(program, comparison) as socket:
        sending = asyncio.create_task(send_all(socket, messages))
        refused = await read(socket, len(messages))
        await sending

    assert [event["event"] for event in refused] == ["refused"] * len(messages)
    assert {event["error"]["code"] for event in refused} == {"validation_error"}
    assert all(is_sentence(event["error"]["message"]) for event in refused)


async def test_it_ignores_messages_on_the_socket_of_a_page(program: Program, comparison: str) -> None:
    async with opened(program, comparison, "html/") as socket:
        await send_all(socket, list(bad_messages(3000, seed=3)))

        await asyncio.wait_for(await socket.ping(), PATIENCE)


@pytest.mark.parametrize("path", SOCKETS)
async def test_it_responds_to_a_flood_of_pings(program: Program, comparison: str, path: str) -> None:
    async with opened(program, comparison, path) as socket:
        socket.transport.write(b"".join(frame(PING, str(number).encode()) for number in range(PINGS)))

        await asyncio.wait_for(await socket.ping(), PATIENCE)


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("wrong", BAD_FRAMES)
async def test_it_closes_the_socket_at_a_malformed_frame(
    program: Program, comparison: str, path: str, wrong: str
) -> None:
    sent, code = BAD_FRAMES[wrong]

    async with opened(program, comparison, path) as socket:
        socket.transport.write(sent)

        assert await closing_code(socket) == code


@pytest.mark.parametrize("path", SOCKETS)
async def test_it_survives_readers_that_vanish(program: Program, comparison: str, path: str) -> None:
    for cut in range(1, 40):
        async with opened(program, comparison, path) as socket:
            socket.transport.write(frame(1, b'{"action": "turn", "prompt": ""}')[:cut])
            socket.transport.abort()


@asynccontextmanager
async def opened(program: Program, comparison: str, path: str = "") -> AsyncIterator[ClientConnection]:
    """Open a socket, and read the events of the finished run first."""
    url = f"{program.api.base_url.replace('http', 'ws', 1)}/ws/comparisons/{comparison}/{path}"
    protocols = [Subprotocol("bearer"), Subprotocol(program.account.token)]
    async with connect(url, subprotocols=protocols, max_size=None, proxy=None, ping_interval=None) as socket:
        if not path:
            while json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))["event"] != "done":
                pass
        yield socket


async def send_all(socket: ClientConnection, messages: list[str | bytes]) -> None:
    for message in messages:
        await socket.send(message)


async def read(socket: ClientConnection, number: int) -> list[dict[str, Any]]:
    return [json.loads(await asyncio.wait_for(socket.recv(), PATIENCE)) for _ in range(number)]


async def closing_code(socket: ClientConnection) -> int | None:
    """Return the code with which the server closes the socket; None without one."""
    try:
        while True:
            await asyncio.wait_for(socket.recv(), PATIENCE)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None
