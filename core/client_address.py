"""Where a request comes from: for the audit trail and the limits.

The address is the one that the web server saw. Behind a proxy the server has to be told to believe it
(docs/operations.md); no header is read here that anybody could send.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import iscoroutinefunction

from allauth.core.internal.httpkit import get_client_ip
from allauth.core.internal.ratelimit import truncate_ip
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

Answer = Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]]

_address: ContextVar[str] = ContextVar("address", default="")


def caller_address() -> str:
    """The address of whoever sent the request that is being answered; empty in a worker, and on a Unix socket."""
    return _address.get()


def limited_address(request: HttpRequest) -> str:
    """What limits count by. Of IPv6 it is the network, for everybody has a whole one; a server on a Unix socket knows
    no address, and everybody then shares the limits of one."""
    return str(truncate_ip(get_client_ip(request) or "unknown"))


@sync_and_async_middleware
def address_middleware(get_response: Answer) -> Answer:
    """Remembers the address while the request is answered."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            with _called_from(request):
                response: HttpResponseBase = await get_response(request)
                return response

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase:
        with _called_from(request):
            return get_response(request)  # type: ignore[return-value]

    return answer


@contextmanager
def _called_from(request: HttpRequest) -> Iterator[None]:
    token = _address.set(get_client_ip(request) or "")
    try:
        yield
    finally:
        _address.reset(token)
