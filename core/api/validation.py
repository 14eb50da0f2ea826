"""Validation of decoded bodies and queries by serializers, with one exception for every refusal."""

from __future__ import annotations

import threading
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from core.errors import invalid_input

Serializer = serializers.BaseSerializer[Any]


def validated(serializer_class: type[Serializer], data: Any) -> dict[str, Any]:
    """Return the validated data; raises InvalidInput with a sentence for each field that is wrong."""
    try:
        return dict(_serializer(serializer_class).run_validation(data))
    except ValidationError as error:
        raise invalid_input(error) from error


class _Serializers(threading.local):
    """The serializers of a thread, by their class. To build one costs more than to validate with it."""

    def __init__(self) -> None:
        self.by_class: dict[type[Serializer], Serializer] = {}


_serializers = _Serializers()


def _serializer(serializer_class: type[Serializer]) -> Serializer:
    known = _serializers.by_class
    if serializer_class not in known:
        known[serializer_class] = serializer_class()
    return known[serializer_class]
