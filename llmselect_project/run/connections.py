"""Limits for the connections of the web server: how many one address may have open, and how a request has to begin.

uvicorn itself waits for the head of a request for ever, whatever its size. A proxy has the connections of all clients
under its own address, so those of trusted addresses and of this computer are not counted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from core.client_address import network_of

HEAD_TIMEOUT = 30.0
"""Seconds for the head of a request, from its first byte; of the first request, from the beginning of the connection.
Browsers open connections before they need them."""
LARGEST_HEAD = 64 * 1024
"""Bytes of a head that may be waited for; what arrives at once may be more."""


class AddressCounts:
    """The open connections of this process by address; ``trusted`` has addresses and networks, separated by commas, or
    is ``*`` for all."""

    def __init__(self, most: int, *, trusted: str = "") -> None:
        self._most = most
        self._counts: Counter[str] = Counter()
        self._all = trusted.strip() == "*"
        self._trusted = [ip_network(each.strip(), strict=False) for each in trusted.split(",") if _is_network(each)]

    def add(self, address: str, *, even_if_full: bool = False) -> bool:
        """Count a connection, unless its address has as many as it may; return True if it was counted."""
        if self._is_exempt(address):
            return True
        network = network_of(address)
        if self._counts[network] >= self._most and not even_if_full:
            return False
        self._counts[network] += 1
        return True

    def remove(self, address: str) -> None:
        """Take off a connection that was counted."""
        if not self._is_exempt(address):
            network = network_of(address)
            self._counts[network] -= 1
            if not self._counts[network]:
                del self._counts[network]

    def _is_exempt(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return True  # A Unix socket.
        return self._all or parsed.is_loopback or any(parsed in network for network in self._trusted)


def _is_network(text: str) -> bool:
    try:
        ip_network(text.strip(), strict=False)
    except ValueError:
        return False
    return True


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol with these limits."""

    def __init__(self, counts: AddressCounts, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._counts = counts
        self._is_counted = False
        self._in_head, self._has_begun, self._head_size = True, False, 0
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._is_counted = self._counts.add(_address(self))
        if self._is_counted:
            self._start_timer()
        else:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._discount()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_size += len(data)
        super().data_received(data)
        if not self._in_head:
            self._stop_timer()
        elif self._head_size > LARGEST_HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._head_timer is None and not self.transport.is_closing():
            self._start_timer()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._has_begun = True
        if not self._in_head:
            self._in_head, self._head_size = True, 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        self._discount()

    def _start_timer(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT, self._end_wait)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _end_wait(self) -> None:
        if self._has_begun:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus) -> None:
        """Close the connection, with a response if none is being sent."""
        if self.cycle is None or self.cycle.response_complete:
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            self.transport.write(head.encode())
        self.transport.close()

    def _discount(self) -> None:
        if self._is_counted:
            self._is_counted = False
            self._counts.remove(_address(self))


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which takes over a connection that was counted already."""

    def __init__(self, counts: AddressCounts, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._counts = counts

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._counts.add(_address(self), even_if_full=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self._counts.remove(_address(self))
        super().connection_lost(exc)


def _address(protocol: HttpToolsProtocol | WebSocketsSansIOProtocol) -> str:
    return protocol.client[0] if protocol.client else ""
