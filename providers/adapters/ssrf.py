"""Protection against server-side request forgery: connections to public addresses only, for URLs of ordinary users.

The check runs at the moment of connecting, on the very IP address: a literal, a name that resolves to a private
address, or a name whose address changed since an earlier check.
"""

from __future__ import annotations

import socket

import aiohttp

from providers.adapters.public_ip import is_public_address

AddressInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


class AddressRefusedError(OSError):
    """The address is private, loopback, link-local, reserved or multicast."""


def connector(*, guarded: bool) -> aiohttp.TCPConnector:
    """Return a connector without a limit of its own that resolves names as the machine does; a guarded one refuses
    every address that is not public."""
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
