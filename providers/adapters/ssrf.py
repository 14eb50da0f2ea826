"""Connecting to public addresses only, for URLs that an ordinary user set.

The check stands where the socket is made, so it sees the very address that is connected to: a literal, a name that
resolves to a private address, and a name whose answer changed since somebody looked.
"""

from __future__ import annotations

import socket

import aiohttp

from providers.adapters.public_ip import is_public_address

AddressInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


class AddressRefusedError(OSError):
    """The address is private, loopback, link-local, reserved or multicast."""


def connector(*, guarded: bool) -> aiohttp.TCPConnector:
    """A pool without a limit of its own that looks names up as the whole machine does; a guarded one refuses every
    address that is not public.
    """
    return aiohttp.TCPConnector(
        limit=0,
        ttl_dns_cache=60,
        resolver=aiohttp.ThreadedResolver(),
        socket_factory=_public_socket if guarded else None,
    )


def _public_socket(info: AddressInfo) -> socket.socket:
    family, kind, protocol, _, address = info
    if not is_public_address(str(address[0])):
        raise AddressRefusedError("not a public address")
    return socket.socket(family, kind, protocol)
