"""Protection against server-side request forgery: for URLs of ordinary users, connections to public IP addresses only.

The check runs at the moment of connecting, on the IP address that is connected to. So it also catches a name that
resolves to a private IP address, or that resolved to another one when it was checked before.
"""

from __future__ import annotations

import socket

import aiohttp

from providers.adapters.public_ip import is_public_address

AddressInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


class AddressRefusedError(OSError):
    """A connection to an IP address that is private, loopback, link-local, reserved or multicast."""


def connector(*, guarded: bool) -> aiohttp.TCPConnector:
    """Return a connector without a limit of connections that resolves names as the machine does; a guarded one refuses
    every IP address that is not public."""
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
