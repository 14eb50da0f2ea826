"""Middleware for every request, to pages and the API alike: the check of its host, and the header that forbids caches.

Both run on the loop for coroutines, and in the thread of any other view.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from core.errors import RequestError, error_response

GetResponse = Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]]

NO_STORE = "private, no-store"
UNKNOWN_HOST = "This is not a host name of LLMSelect. An administrator can add it to ALLOWED_HOSTS."
LOGGED_CHARACTERS = 100

logger = logging.getLogger(__name__)


@sync_and_async_middleware
def host_middleware(get_response: GetResponse) -> GetResponse:
    """Refuse a request for a host that is not one of ALLOWED_HOSTS, with a line in the log instead of a traceback."""
    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponseBase:
            refused = _refused(request)
            return await get_response(request) if refused is None else refused

        return handle_async

    def handle(request: HttpRequest) -> HttpResponseBase:
        refused = _refused(request)
        return get_response(request) if refused is None else refused  # type: ignore[return-value]

    return handle


def _refused(request: HttpRequest) -> HttpResponse | None:
    try:
        request.get_host()
    except DisallowedHost:
        logger.warning("refused a request for the host %.*s", LOGGED_CHARACTERS, request.META.get("HTTP_HOST", ""))
        response = _refusal(request)
        response._has_been_logged = True  # type: ignore[attr-defined]  # Else Django logs another line.
        return response
    return None


def _refusal(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return error_response(RequestError(UNKNOWN_HOST))
    return HttpResponse(UNKNOWN_HOST, status=RequestError.status, content_type="text/plain; charset=utf-8")


@sync_and_async_middleware
def no_store_middleware(get_response: GetResponse) -> GetResponse:
    """Keep caches from storing a response that does not say otherwise: nearly all belong to one user."""
    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponseBase:
            response: HttpResponseBase = await get_response(request)
            response.headers.setdefault("Cache-Control", NO_STORE)
            return response

        return handle_async

    def handle(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = get_response(request)  # type: ignore[assignment]
        response.headers.setdefault("Cache-Control", NO_STORE)
        return response

    return handle
