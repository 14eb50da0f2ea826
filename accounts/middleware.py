"""Refusals on pages: a sentence on a page of ours, or in JSON for HTMX, which shows it as a notice."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin
from rest_framework.exceptions import ValidationError

from accounts.errors import RequestError, error_response, validation_error


class RefusalMiddleware(MiddlewareMixin):
    """Answers for views that raise RequestError, or a serializer's ValidationError."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ValidationError):
            exception = validation_error(exception)
        if not isinstance(exception, RequestError):
            return None
        if request.headers.get("HX-Request"):
            return error_response(exception)
        return render(request, "refused.html", {"message": exception.message}, status=exception.status)
