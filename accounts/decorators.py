"""The decorator of the API's asynchronous views. REST framework has no asynchronous views, which streams need."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing, contextmanager
from functools import wraps
from typing import Any, cast

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.authentication import SIGN_IN_FIRST, signed_in_user
from accounts.connections import check_connections, open_connection
from accounts.models import User
from core.api.openapi import described_view
from core.api.parsers import UNREADABLE_FORM, too_large
from core.async_db import in_thread
from core.errors import (
    UNAVAILABLE_ERRORS,
    InvalidInput,
    NotAllowed,
    NotSignedIn,
    RequestError,
    error_response,
    unavailable,
)

View = Callable[..., Coroutine[Any, Any, HttpResponseBase]]


def api_view(*methods: str, first: Callable[..., Any] | None = None) -> Callable[[View], View]:
    """Turn a coroutine into an API view: authenticated like all others, with errors in the API's JSON shape.

    The view is called with the request, the caller, and the parameters of the path. With ``first``, a function that
    queries the database, it gets that function's result instead of the parameters; the function is called with the
    same arguments in the thread that has just found the caller. An ``extend_schema`` above this decorator goes into
    the OpenAPI document, as for a view of REST framework.
    """

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        async def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            if request.method not in methods:
                return error_response(NotAllowed(methods))
            try:
                if first is None:
                    user = await in_thread(signed_in_user, request)
                    return await _response(user, view(request, user, **kwargs))
                user, result = await in_thread(_first, first, request, kwargs)
                return await _response(user, view(request, user, result))
            except RequestError as error:
                return error_response(error)
            except UNAVAILABLE_ERRORS as error:
                return error_response(unavailable(error))
            except RequestDataTooBig:
                return error_response(too_large())
            except UNREADABLE_FORM:
                return error_response(InvalidInput("The form in the body cannot be read."))

        described = cast(Any, guarded)
        described.cls, described.initkwargs = described_view(view, methods), {}
        return guarded

    return decorate


def _first(first: Callable[..., Any], request: HttpRequest, parameters: dict[str, Any]) -> tuple[User, Any]:
    user = signed_in_user(request)
    check_connections(user)
    return user, first(request, user, **parameters)


async def _response(user: User, coming: Coroutine[Any, Any, HttpResponseBase]) -> HttpResponseBase:
    """Return the response of a view, which ends early if the caller loses the right to it; raises NotSignedIn if that
    is before it begins."""
    with _until_revoked(user):
        response = await coming
        if isinstance(response, StreamingHttpResponse):
            content = cast("AsyncGenerator[bytes, None]", response.streaming_content)
            response.streaming_content = _while_allowed(user, content)
        return response
    raise NotSignedIn(SIGN_IN_FIRST)


async def _while_allowed(user: User, content: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    with _until_revoked(user):
        async with aclosing(content):
            async for part in content:
                yield part


@contextmanager
def _until_revoked(user: User) -> Iterator[None]:
    """Count a connection of the caller, and leave the block early, without an error, once the right to it is gone."""
    task, was_revoked = asyncio.current_task(), False
    assert task is not None

    def leave() -> None:
        nonlocal was_revoked
        was_revoked = True
        task.cancel()

    with open_connection(user, leave):
        try:
            yield
        except asyncio.CancelledError:
            if not was_revoked:
                raise
            task.uncancel()
