"""Requests of signed-in users, and redirects that work with and without HTMX."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails
from rest_framework.request import Request

from accounts.models import User


class HtmxRequest(HttpRequest):
    """A request after HtmxMiddleware."""

    htmx: HtmxDetails


class AuthenticatedHttpRequest(HtmxRequest):
    """A request in a view that requires a signed-in user."""

    user: User


def api_user(request: Request) -> User:
    """Return the caller of a REST framework view that requires authentication."""
    return cast(User, request.user)


def go(request: HtmxRequest, url: str) -> HttpResponse:
    """Redirect a browser, or HTMX, to another page."""
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)
