"""Parsers of request bodies: JSON of limited size, for plain views and for REST framework."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from django.core.exceptions import (
    RequestDataTooBig,
    SuspiciousMultipartForm,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from core.errors import SEND_JSON, InvalidInput, TooLarge, UnsupportedType

NOT_JSON = "The body is not valid JSON."
UNREADABLE_FORM = (MultiPartParserError, SuspiciousMultipartForm, TooManyFieldsSent, TooManyFilesSent)
"""Raised by Django for a form that is malformed or has too many parts."""


def json_object(request: HttpRequest) -> dict[str, Any]:
    """Return the body of a plain view's request.

    Raises UnsupportedType for another content type, TooLarge, and InvalidInput for anything but a JSON object.
    """
    if request.content_type not in ("", BoundedJsonParser.media_type):
        raise UnsupportedType(SEND_JSON)
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise too_large() from error
    return _decode_object(body)


class BoundedJsonParser(BaseParser):
    """``json_object`` for REST framework; an empty body is an empty object."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise too_large()
        return _decode_object(body) if body.strip() else {}


class IgnoreClientContentNegotiation(DefaultContentNegotiation):
    """Ignores the Accept header: a client that asks for a CSV export can still receive an error as JSON."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


def _decode_object(body: bytes) -> dict[str, Any]:
    try:
        decoded = orjson.loads(body.removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError as error:
        raise InvalidInput(NOT_JSON) from error
    if not isinstance(decoded, dict):
        raise InvalidInput("The body has to be a JSON object.")
    return decoded


def too_large() -> TooLarge:
    """Return the refusal of a body of more than ``DATA_UPLOAD_MAX_MEMORY_SIZE``."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024 // 1024
    return TooLarge(f"The body is larger than {limit} MB. Send less at once.")
