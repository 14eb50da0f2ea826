"""Copies of rows inside the database: no text passes through this process, and others wait only for one statement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

RANDOM_UUID = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}
"""The expression for a new UUID, by database."""


def copy_rows(
    model: type[Model],
    key: str,
    places: Sequence[tuple[int | None, ...]],
    changed: Mapping[str, str],
    *parameters: Any,
) -> None:
    """Insert a copy of each row whose column ``key`` is the first number of one of ``places``, in their order.

    ``changed`` has the SQL expressions of the columns that differ, with ``%s`` for each of the ``parameters``.
    ``place.number`` is the place's number from 0 on, ``place.second`` its second number. The database chooses the keys
    of the copies unless they are changed.
    """
    quote = connection.ops.quote_name
    columns = [
        str(field.column)
        for field in model._meta.local_concrete_fields
        if not field.primary_key or field.column in changed
    ]
    table, values = quote(model._meta.db_table), [changed.get(name, f"source.{quote(name)}") for name in columns]
    if not places:
        return
    rows, place_parameters = _places(places)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(map(quote, columns))}) SELECT {', '.join(values)} "  # noqa: S608
            f"FROM {rows} JOIN {table} source ON source.{quote(key)} = place.first ORDER BY place.number",
            [*parameters, *place_parameters],
        )


def random_uuid() -> str:
    """Return the SQL expression for a new UUID."""
    return RANDOM_UUID[connection.vendor]


def _places(places: Sequence[tuple[int | None, ...]]) -> tuple[str, list[Any]]:
    pairs = [(*place, None)[:2] for place in places]
    if connection.vendor == "postgresql":
        rows = "(SELECT first, second, number - 1 AS number FROM unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY"
        return f"{rows} AS each(first, second, number)) place", [list(column) for column in zip(*pairs, strict=True)]
    pair = "json_extract(value, '$[0]') AS first, json_extract(value, '$[1]') AS second"
    return f"(SELECT CAST(key AS INTEGER) AS number, {pair} FROM json_each(%s)) place", [json.dumps(pairs)]  # noqa: S608
