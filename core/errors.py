"""Errors that refuse a request: one exception tree for services and views, one JSON shape for pages, API and sockets.

    RequestError             400  bad_request
    ├── InvalidInput         400  validation_error
    ├── NotSignedIn          401  not_authenticated
    ├── Forbidden            403  permission_denied
    ├── NotFound             404  not_found
    ├── NotAllowed           405  method_not_allowed
    ├── TooSlow              408  request_timeout
    ├── Conflict             409  conflict
    │   └── StorageFull      409  storage_full
    ├── TooLarge             413  too_large
    ├── UnsupportedType      415  unsupported_media_type
    ├── TooManyRequests      429  rate_limited
    │   └── OverBudget       429  over_budget
    ├── InternalError        500  internal_error
    └── Unavailable          503  unavailable

The JSON is ``{"error": {"code": "validation_error", "message": "…", "fields": {"providers": ["…"]}}}``. Services raise
these errors; views, ``core.error_pages`` and ``api_error`` turn them into responses. Exceptions of REST framework and
Django are translated here, so that clients see one shape only.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, JsonResponse
from redis import RedisError
from rest_framework import exceptions
from rest_framework.response import Response

logger = logging.getLogger(__name__)

SEND_JSON = "Send the body as JSON, with the header “Content-Type: application/json”."
NOTHING_HERE = "There is nothing at this URL."
UNAVAILABLE_ERRORS = (OperationalError, InterfaceError, RedisError)
"""Raised by queries and commands if the database or Redis is unavailable."""

Fields = Mapping[str, list[str]]


class RequestError(Exception):
    """The refusal of a request; ``message`` is a sentence that says why and what to do.

    ``fields`` has sentences by the name of an input field, ``retry_after`` is in seconds.
    """

    status = 400
    code = "bad_request"

    def __init__(self, message: str, *, fields: Fields | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """Return the JSON body of the public contract."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.fields:
            error["fields"] = dict(self.fields)
        return {"error": error}

    def headers(self) -> dict[str, str]:
        """Return ``Retry-After`` in whole seconds, if there is one."""
        return {} if self.retry_after is None else {"Retry-After": str(max(1, round(self.retry_after)))}


class InvalidInput(RequestError):
    code = "validation_error"


class NotSignedIn(RequestError):
    status = 401
    code = "not_authenticated"

    def headers(self) -> dict[str, str]:
        return {**super().headers(), "WWW-Authenticate": "Bearer"}


class Forbidden(RequestError):
    status = 403
    code = "permission_denied"


class NotFound(RequestError):
    status = 404
    code = "not_found"


class NotAllowed(RequestError):
    status = 405
    code = "method_not_allowed"

    def __init__(self, methods: Sequence[str]) -> None:
        super().__init__(f"Use {' or '.join(methods)} here.")
        self.methods = methods

    def headers(self) -> dict[str, str]:
        return {**super().headers(), "Allow": ", ".join(self.methods)}


class TooSlow(RequestError):
    status = 408
    code = "request_timeout"


class Conflict(RequestError):
    status = 409
    code = "conflict"


class StorageFull(Conflict):
    code = "storage_full"


class TooLarge(RequestError):
    status = 413
    code = "too_large"


class UnsupportedType(RequestError):
    status = 415
    code = "unsupported_media_type"


class TooManyRequests(RequestError):
    status = 429
    code = "rate_limited"


class OverBudget(TooManyRequests):
    code = "over_budget"


class InternalError(RequestError):
    status = 500
    code = "internal_error"


class Unavailable(RequestError):
    status = 503
    code = "unavailable"


def error_response(error: RequestError) -> JsonResponse:
    """Return an error as the response of a plain Django view."""
    return JsonResponse(error.body(), status=error.status, headers=error.headers())


def api_error(exc: Exception, _context: dict[str, Any]) -> Response | None:
    """Return the response to an exception in a view of REST framework; None if it is not a refusal."""
    error = exc if isinstance(exc, RequestError) else _translate(exc)
    return None if error is None else Response(error.body(), status=error.status, headers=error.headers())


def _translate(exc: Exception) -> RequestError | None:
    if isinstance(exc, UNAVAILABLE_ERRORS):
        return unavailable(exc)
    match exc:
        case Http404() | exceptions.NotFound():
            return NotFound(NOTHING_HERE)
        case PermissionDenied() | exceptions.PermissionDenied():
            return Forbidden("You are not allowed to do this.")
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return NotSignedIn("Sign in first, or send a valid access token.")
        case exceptions.ValidationError():
            return invalid_input(exc)
        case exceptions.UnsupportedMediaType():
            return UnsupportedType(SEND_JSON)
        case exceptions.APIException():
            error = RequestError(str(exc.detail))
            error.status, error.code = exc.status_code, str(exc.default_code)
            return error
    return None


def unavailable(exc: Exception) -> Unavailable:
    """Log that the database or Redis is unavailable, and return the refusal."""
    logger.error("the database or Redis does not respond: %s", exc)
    return Unavailable("A part of LLMSelect is unavailable at the moment. Try again in a minute.", retry_after=10)


def invalid_input(exc: exceptions.ValidationError) -> InvalidInput:
    """Return the errors of a serializer, with the first sentence as the message."""
    fields = _flatten(exc.detail)
    sentences = (_sentence(path, texts[0]) for path, texts in fields.items())
    return InvalidInput(next(sentences, "This is not valid."), fields=fields)


def _sentence(path: str, text: str) -> str:
    """Return the text with its field's path added, unless it already names the field."""
    names = [part for part in path.split(".") if not part.isdigit()]
    if path == "non_field_errors" or any(name.rstrip("s") in text.lower() for name in names):
        return text
    return f"{text.rstrip('.')} ({path})."


def _flatten(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Return REST framework's nested details as ``{"providers.0.model": ["…"]}``."""
    if isinstance(detail, Mapping):
        parts = [(f"{path}.{key}" if path else str(key), value) for key, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(item, Mapping | list) for item in detail):
        parts = [(f"{path}.{index}" if path else str(index), value) for index, value in enumerate(detail)]
    else:
        texts = detail if isinstance(detail, list) else [detail]
        return {path: [str(text) for text in texts]} if texts else {}
    return {key: texts for name, value in parts for key, texts in _flatten(value, name).items()}
