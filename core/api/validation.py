"""Validation of decoded bodies and queries by serializers, with one exception for every refusal."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from core.errors import invalid_input
from core.scoped_values import once_a_thread

Serializer = serializers.BaseSerializer[Any]


def validated(serializer_class: type[Serializer], data: Any) -> dict[str, Any]:
    """Return the validated data; raises InvalidInput with a sentence for each field that is wrong."""
    try:
        return dict(_serializer(serializer_class).run_validation(data))
    except ValidationError as error:
        raise invalid_input(error) from error


@once_a_thread
def _serializer(serializer_class: type[Serializer]) -> Serializer:
    """Return an instance, which costs more to build than to validate with."""
    return serializer_class()
