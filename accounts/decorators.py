"""A decorator for the API's asynchronous views, which stream and so are not views of REST framework."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, cast

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from accounts.authentication import authenticated_user
from core.api.openapi import described_view
from core.api.parsers import UNREADABLE_FORM, too_large
from core.errors import (
    UNAVAILABLE_ERRORS,
    InvalidInput,
    NotAllowed,
    RequestError,
    error_response,
    unavailable,
)

View = Callable[..., Coroutine[Any, Any, HttpResponseBase]]


def api_view(*methods: str) -> Callable[[View], View]:
    """Make a plain asynchronous API view: authenticated like every other, with errors in the API's JSON shape.

    An ``extend_schema`` above it goes into the OpenAPI document, as for a view of REST framework.
    """

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        async def checked(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            if request.method not in methods:
                return error_response(NotAllowed(methods))
            try:
                return await view(request, await authenticated_user(request), **kwargs)
            except RequestError as error:
                return error_response(error)
            except UNAVAILABLE_ERRORS as error:
                return error_response(unavailable(error))
            except RequestDataTooBig:
                return error_response(too_large())
            except UNREADABLE_FORM:
                return error_response(InvalidInput("The form in the body cannot be read."))

        described = cast(Any, checked)
        described.cls, described.initkwargs = described_view(view, methods), {}
        return checked

    return decorate
