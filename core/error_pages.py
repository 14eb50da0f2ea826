"""Refusals on pages: a sentence on a page of ours, or in JSON for HTMX, which shows it as a notice."""

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
    Broken,
    InvalidInput,
    NotFound,
    RequestError,
    error_response,
    unavailable,
)

UNREADABLE = "The request cannot be read. Check its address and headers."
BROKEN = "Something went wrong here. Try again; the administrator finds the reason in the log."

ALLAUTH_SECONDS = 60
"""All of allauth's limits are by the minute."""


class RefusalMiddleware(MiddlewareMixin):
    """Responses for views that raise RequestError, or cannot reach the database or Redis."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, UNAVAILABLE_ERRORS):
            return _away(request, exception)
        return refused(request, exception) if isinstance(exception, RequestError) else None


def refused(request: HttpRequest, error: RequestError) -> HttpResponse:
    """The page, or for HTMX and programs the JSON, that says why not."""
    if request.headers.get("HX-Request") or _of_api(request):
        return error_response(error)
    page = render(request, "refused.html", {"message": error.message}, status=error.status)
    for name, value in error.headers().items():
        page.headers[name] = value
    return page


def too_often(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """allauth's ``handler429``, for its own limits: of sign-ups, password resets and such."""
    page = render(request, "429.html", status=429)
    page.headers["Retry-After"] = str(ALLAUTH_SECONDS)
    return page


def _away(request: HttpRequest, error: Exception) -> HttpResponse:
    request.user = AnonymousUser()  # The page that says so must not ask the database who is there.
    return refused(request, unavailable(error))


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's ``handler400``: a form that is too large is refused like anything else, before any view."""
    if isinstance(exception, RequestDataTooBig):
        return refused(request, too_large())
    return error_response(InvalidInput(UNREADABLE)) if _of_api(request) else bad_request(request, exception)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's ``handler404``: an address that no route has is refused in the API like anything else there."""
    return error_response(NotFound(NOTHING_HERE)) if _of_api(request) else page_not_found(request, exception)


def broken(request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``: what a middleware or a template could not read is refused like what a view could not."""
    error = sys.exc_info()[1]
    if isinstance(error, UNAVAILABLE_ERRORS):
        return _away(request, error)
    return error_response(Broken(BROKEN)) if _of_api(request) else server_error(request)


def _of_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")
