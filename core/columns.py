"""The columns of a model, for statements that Django's ORM does not have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.db import connection
from django.db.models import Field, Model


def stored_value(model: type[Model], name: str, value: Any) -> Any:
    """Return a value of the field with this name as the database driver takes it."""
    return fields_of(model, [name])[0].get_db_prep_value(value, connection)


def fields_of(model: type[Model], names: Iterable[str]) -> list[Field[Any, Any]]:
    """Return the fields with these names, each of which has a column of its own."""
    return [cast("Field[Any, Any]", model._meta.get_field(name)) for name in names]
