"""Validation of decoded bodies and queries by serializers, with one exception for every refusal."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from core.errors import invalid_input


def validated(serializer_class: type[serializers.BaseSerializer[Any]], data: Any) -> dict[str, Any]:
    """Return the validated data; raises InvalidInput with a sentence for each field that is wrong."""
    serializer = serializer_class(data=data)
    try:
        serializer.is_valid(raise_exception=True)
    except ValidationError as error:
        raise invalid_input(error) from error
    return dict(serializer.validated_data)
