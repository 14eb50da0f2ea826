"""Errors on pages: a page with a sentence, or JSON for HTMX, which shows it as a notice."""

from __future__ import annotations

import sys

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin
from django.views.defaults import bad_request, page_not_found, server_error

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

ALLAUTH_SECONDS = 60
"""The period of all of allauth's rate limits."""


class RequestErrorMiddleware(MiddlewareMixin):
    """Responses for views that raise RequestError, or cannot reach the database or Redis."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, UNAVAILABLE_ERRORS):
            return _unavailable_page(request, exception)
        return error_page(request, exception) if isinstance(exception, RequestError) else None


def error_page(request: HttpRequest, error: RequestError) -> HttpResponse:
    """Return the page, or for HTMX and programs the JSON, of a refused request."""
    if request.headers.get("HX-Request") or _is_api(request):
        return error_response(error)
    page = render(request, "refused.html", {"message": error.message}, status=error.status)
    for name, value in error.headers().items():
        page.headers[name] = value
    return page


def rate_limited_page(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Return allauth's ``handler429``, for its own limits on sign-ups, password resets and the like."""
    page = render(request, "429.html", status=429)
    page.headers["Retry-After"] = str(ALLAUTH_SECONDS)
    return page


def _unavailable_page(request: HttpRequest, error: Exception) -> HttpResponse:
    request.user = AnonymousUser()  # The error page must not query the database for the user.
    return error_page(request, unavailable(error))


def bad_request_page(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return Django's ``handler400``: a form that is too large is refused before any view runs."""
    if isinstance(exception, RequestDataTooBig):
        return error_page(request, too_large())
    return error_response(InvalidInput(UNREADABLE)) if _is_api(request) else bad_request(request, exception)


def not_found_page(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return Django's ``handler404``, in the API's shape below ``/api/``."""
    return error_response(NotFound(NOTHING_HERE)) if _is_api(request) else page_not_found(request, exception)


def server_error_page(request: HttpRequest) -> HttpResponse:
    """Return Django's ``handler500``; an unavailable database found by middleware or a template is refused like one
    found by a view."""
    error = sys.exc_info()[1]
    if isinstance(error, UNAVAILABLE_ERRORS):
        return _unavailable_page(request, error)
    return error_response(InternalError(INTERNAL_ERROR)) if _is_api(request) else server_error(request)


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")
