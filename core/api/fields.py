"""Strict fields of JSON bodies. REST framework's own fields accept a number as text, text as a number or an id, and
words as booleans."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers

ID_LENGTH = 36


class StringField(serializers.CharField):
    """A string. Its length is checked before whitespace is trimmed."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class EmailField(StringField, serializers.EmailField):
    """An email address."""


class FlagField(serializers.BooleanField):
    """True or false."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class IdField(serializers.UUIDField):
    """A public id in its canonical form of 36 characters, the only one that the API returns."""

    def to_internal_value(self, data: Any) -> uuid.UUID:
        if not isinstance(data, str) or len(data) != ID_LENGTH:
            self.fail("invalid", value=data)
        return super().to_internal_value(data)
