"""The only row of a query that returns at most one."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import QuerySet

Row = TypeVar("Row")


def only_row(rows: QuerySet[Any, Row]) -> Row | None:
    """Return the row, None without one. ``first`` would have the database sort, and Django build that statement."""
    return next(iter(rows[:1]), None)
