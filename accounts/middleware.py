"""Refusals on pages: a sentence on a page of ours, or in JSON for HTMX, which shows it as a notice."""

from __future__ import annotations

import sys

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin
from django.views.defaults import bad_request, server_error
from rest_framework.exceptions import ValidationError

from accounts.bodies import too_large
from accounts.errors import AWAY, RequestError, error_response, part_away, validation_error


class RefusalMiddleware(MiddlewareMixin):
    """Answers for views that raise RequestError, a serializer's ValidationError, or cannot reach the database or
    Redis."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ValidationError):
            exception = validation_error(exception)
        if isinstance(exception, AWAY):
            return _away(request, exception)
        return refused(request, exception) if isinstance(exception, RequestError) else None


def refused(request: HttpRequest, error: RequestError) -> HttpResponse:
    """The page, or for HTMX the JSON, that says why not."""
    if request.headers.get("HX-Request"):
        return error_response(error)
    return render(request, "refused.html", {"message": error.message}, status=error.status)


def broken(request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``: what a middleware or a template could not read is refused like what a view could not."""
    error = sys.exc_info()[1]
    return _away(request, error) if isinstance(error, AWAY) else server_error(request)


def _away(request: HttpRequest, error: Exception) -> HttpResponse:
    if request.path.startswith("/api/"):
        return error_response(part_away(error))
    request.user = AnonymousUser()  # The page that says so must not ask the database who is there.
    return refused(request, part_away(error))


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's ``handler400``: a form that is too large is refused like anything else, before any view."""
    if isinstance(exception, RequestDataTooBig):
        return refused(request, too_large())
    return bad_request(request, exception)
