from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState
from websockets.asyncio.client import connect

from llmselect_project.run import connections
from llmselect_project.run.connections import AddressCounts, HttpProtocol, SocketProtocol

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
MOST = 3


class EveryAddress(AddressCounts):
    """Counts that leave out no address, since tests can come from this computer only."""

    def _is_exempt(self, address: str) -> bool:
        return False

    @property
    def open_now(self) -> int:
        return self._counts.total()


class Server:
    """The protocols behind a port, before an application that responds once ``may_respond`` is set."""

    def __init__(self) -> None:
        self.counts = EveryAddress(MOST)
        self.may_respond = asyncio.Event()
        self.may_respond.set()
        self.port = 0

    def protocol(self) -> HttpProtocol:
        config = uvicorn.Config(
            self.application,
            ws=partial(SocketProtocol, self.counts),  # type: ignore[arg-type]
            interface="asgi3",
            lifespan="off",
            log_config=None,
            access_log=False,
        )
        return HttpProtocol(self.counts, config=config, server_state=ServerState(), app_state={})

    async def application(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            await receive()
            await receive()
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await self.may_respond.wait()
        await send({"type": "http.response.body", "body": b"ok"})

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    async with await asyncio.get_running_loop().create_server(server.protocol, "127.0.0.1") as listener:
        server.port = listener.sockets[0].getsockname()[1]
        yield server


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT", 0.05)


async def get(server: Server) -> tuple[bytes, asyncio.StreamWriter]:
    """Send a request on a connection of its own, which stays open; return the status line."""
    reader, writer = await server.open()
    writer.write(HEAD + b"\r\n")
    return await reader.readline(), writer


async def wait_for_count(server: Server, count: int) -> None:
    async with asyncio.timeout(10):
        while server.counts.open_now != count:
            await asyncio.sleep(0)


async def test_it_refuses_more_connections_than_one_address_may_have(server: Server) -> None:
    opened = [await get(server) for _ in range(MOST)]
    more, _ = await get(server)
    opened[0][1].close()
    await wait_for_count(server, MOST - 1)
    after, writer = await get(server)

    assert [line for line, _ in opened] == [b"HTTP/1.1 200 OK\r\n"] * MOST
    assert more == b"HTTP/1.1 429 Too Many Requests\r\n"
    assert after == b"HTTP/1.1 200 OK\r\n"
    for each in (writer, *(writer for _, writer in opened)):
        each.close()
    await wait_for_count(server, 0)


async def test_it_counts_a_socket_once(server: Server) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(MOST):
            await stack.enter_async_context(connect(f"ws://127.0.0.1:{server.port}/"))
        counted = server.counts.open_now
        more, _ = await get(server)

    await wait_for_count(server, 0)
    assert counted == MOST
    assert more == b"HTTP/1.1 429 Too Many Requests\r\n"


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("first", [b"", HEAD + b"\r\n"], ids=["first request", "second request"])
async def test_it_does_not_wait_for_the_rest_of_a_head(server: Server, first: bytes) -> None:
    reader, writer = await server.open()
    if first:
        writer.write(first)
        assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200 OK\r\n")

    writer.write(HEAD)
    async with asyncio.timeout(10):
        received = await reader.read()

    assert received == b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    await wait_for_count(server, 0)


@pytest.mark.usefixtures("_impatient")
async def test_it_closes_a_connection_that_nothing_comes_over(server: Server) -> None:
    reader, _ = await server.open()

    async with asyncio.timeout(10):
        received = await reader.read()

    assert received == b""
    await wait_for_count(server, 0)


@pytest.mark.usefixtures("_impatient")
async def test_it_does_not_end_a_request_that_takes_longer_than_its_head_may(server: Server) -> None:
    server.may_respond.clear()
    slow, writer = await server.open()
    writer.write(HEAD + b"\r\n")
    await slow.readuntil(b"\r\n\r\n")
    silent, _ = await server.open()

    async with asyncio.timeout(10):
        await silent.read()  # The end of a whole HEAD_TIMEOUT that began later.
    server.may_respond.set()

    assert await slow.readexactly(2) == b"ok"
    writer.close()


@pytest.mark.usefixtures("_impatient")
async def test_it_writes_no_error_into_a_response(server: Server) -> None:
    server.may_respond.clear()
    reader, writer = await server.open()
    writer.write(HEAD + b"\r\n" + HEAD)

    async with asyncio.timeout(10):
        received = await reader.read()

    assert b"408" not in received
    server.may_respond.set()


async def test_it_bounds_the_size_of_a_head(server: Server) -> None:
    reader, writer = await server.open()
    writer.write(HEAD + b"X: ")
    piece = b"x" * 16_384

    async def send_without_end() -> None:
        while True:
            writer.write(piece)
            await writer.drain()

    sending = asyncio.create_task(send_without_end())
    async with asyncio.timeout(10):
        status = await reader.readline()

    assert status == b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    with pytest.raises(ConnectionError):
        await sending


async def test_it_takes_a_head_of_allowed_size_in_pieces(server: Server) -> None:
    reader, writer = await server.open()
    for number in range(30):
        writer.write((HEAD if not number else b"") + b"X-%d: %s\r\n" % (number, b"x" * 1000))
        await writer.drain()
        await asyncio.sleep(0)
    writer.write(b"\r\n")

    assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
    writer.close()


def test_it_counts_no_proxy_and_an_ipv6_network_as_one_address() -> None:
    counts = AddressCounts(1, trusted="10.0.0.1, 192.168.0.0/16, fd00::/8, proxy.example.org")
    exempt = ["", "127.0.0.1", "127.0.1.1", "::1", "10.0.0.1", "192.168.7.7", "fd00::7"]

    assert all(counts.add(address) and counts.add(address) for address in exempt)
    assert [counts.add(address) for address in ("10.0.0.2", "10.0.0.2", "10.0.0.3")] == [True, False, True]
    assert [counts.add(address) for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")] == [True, False, True]
    assert [counts.add(address) for address in ("::ffff:5.6.7.8", "5.6.7.8", "::ffff:5.6.7.9")] == [True, False, True]
    counts.remove("2001:db8::1")
    assert counts.add("2001:db8::2")
    assert all(AddressCounts(1, trusted="*").add("10.0.0.2") for _ in range(2))
