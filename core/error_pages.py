"""Error responses of pages: a page with a sentence, or JSON for the API and for HTMX, which shows it as a notice.

The functions named like Django's default error views are the handlers in ``llmselect_project/urls.py``.
"""

from __future__ import annotations

import sys

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin
from django.views import defaults

from core.api.parsers import too_large
from core.errors import (
    NOTHING_HERE,
    UNAVAILABLE_ERRORS,
    InternalError,
    InvalidInput,
    NotFound,
    RequestError,
    error_response,
    unavailable,
)

UNREADABLE = "The request cannot be read. Check its URL and headers."
INTERNAL_ERROR = "Something went wrong on our side. Try again; an administrator can find the reason in the log."

ALLAUTH_PERIOD = 60
"""Seconds over which allauth counts for its own rate limits."""


class RequestErrorMiddleware(MiddlewareMixin):
    """Turns RequestError from a view, or an unavailable database or Redis, into a response."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, UNAVAILABLE_ERRORS):
            return _unavailable_page(request, exception)
        return error_page(request, exception) if isinstance(exception, RequestError) else None


def error_page(request: HttpRequest, error: RequestError) -> HttpResponse:
    """Return the error as a page, or as JSON for HTMX and the API."""
    if request.headers.get("HX-Request") or _is_api(request):
        return error_response(error)
    page = render(request, "refused.html", {"message": error.message}, status=error.status)
    for name, value in error.headers().items():
        page.headers[name] = value
    return page


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Respond to a request beyond one of allauth's own limits, on sign-ups, password resets and the like."""
    page = render(request, "429.html", status=429)
    page.headers["Retry-After"] = str(ALLAUTH_PERIOD)
    return page


def _unavailable_page(request: HttpRequest, error: Exception) -> HttpResponse:
    request.user = AnonymousUser()  # The error page must not query the database for the user.
    return error_page(request, unavailable(error))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Respond to a request that is refused before any view runs, like a form that is too large."""
    if isinstance(exception, RequestDataTooBig):
        return error_page(request, too_large())
    return error_response(InvalidInput(UNREADABLE)) if _is_api(request) else defaults.bad_request(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Respond to an unknown URL, in the API's shape below ``/api/``."""
    return error_response(NotFound(NOTHING_HERE)) if _is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Respond to an unexpected error, or to an unavailable database that middleware or a template ran into."""
    error = sys.exc_info()[1]
    if isinstance(error, UNAVAILABLE_ERRORS):
        return _unavailable_page(request, error)
    return error_response(InternalError(INTERNAL_ERROR)) if _is_api(request) else defaults.server_error(request)


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")
