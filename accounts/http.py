"""What the views of pages share."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class HtmxRequest(HttpRequest):
    """A request as HtmxMiddleware leaves it."""

    htmx: HtmxDetails


def page_user(request: HttpRequest) -> User:
    """Who is signed in, in a view that asks for that."""
    return cast(User, request.user)


def go(request: HtmxRequest, address: str) -> HttpResponse:
    """Send a browser, or HTMX, to another page."""
    return HttpResponseClientRedirect(address) if request.htmx else HttpResponseRedirect(address)
