"""The IP address of the client, for the audit trail and rate limits.

This is the address that the web server saw. Behind a proxy the server has to be configured to trust that proxy
(docs/operations.md); headers that any client can send are not read here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import iscoroutinefunction
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

GetResponse = Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]]

UNKNOWN = "unknown"
"""The address of all clients of a server on a Unix socket; they share the limits of one address."""
IPV6_PREFIX = 64
"""The prefix length of the network that an IPv6 client usually has to itself."""

_address: ContextVar[str] = ContextVar("address", default="")


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address, or an empty string if the server knows none."""
    address: str = request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(address))
    except ValueError:
        return ""


def rate_limit_address(request: HttpRequest) -> str:
    """Return the address that rate limits count by: of an IPv6 address its network, ``unknown`` if there is none."""
    address = client_address(request)
    return network_of(address) if address else UNKNOWN


def network_of(address: str) -> str:
    """Return the address that stands for all addresses that one client may have: of an IPv6 address its network."""
    parsed = ip_address(address)
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((parsed, IPV6_PREFIX), strict=False).network_address)


def current_client_address() -> str:
    """Return the client's address of the current request; empty in a worker and on a Unix socket."""
    return _address.get()


@sync_and_async_middleware
def client_address_middleware(get_response: GetResponse) -> GetResponse:
    """Make the client's address available to ``current_client_address`` while a request is handled."""
    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponseBase:
            with _remember_address(request):
                response: HttpResponseBase = await get_response(request)
                return response

        return handle_async

    def handle(request: HttpRequest) -> HttpResponseBase:
        with _remember_address(request):
            return get_response(request)  # type: ignore[return-value]

    return handle


@contextmanager
def _remember_address(request: HttpRequest) -> Iterator[None]:
    token = _address.set(client_address(request))
    try:
        yield
    finally:
        _address.reset(token)
