"""Lists on HTML pages, a page at a time by ``?offset=``.

Django's Paginator would count all rows for each page; ``offset_page`` reads one row more than it returns instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)
MAX_OFFSET_DIGITS = 8
"""More than any list has, and less than the 64 bits that a database takes."""


@dataclass(frozen=True, slots=True)
class OffsetPage(Generic[Row]):
    """One page of a list; ``next`` and ``previous`` are the offsets of its neighbors, None at the ends."""

    rows: list[Row]
    offset: int
    next: int | None
    previous: int | None


def offset_page(queryset: QuerySet[Row], request: HttpRequest, size: int) -> OffsetPage[Row]:
    """Return the page at ``?offset=``, the first page if that is not a number.

    If that page is empty, return the one before it: the last item of a page may just have been deleted.
    """
    text = request.GET.get("offset", "")
    offset = int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_OFFSET_DIGITS else 0
    rows = list(queryset[offset : offset + size + 1])
    if offset and not rows:
        offset = max(0, offset - size)
        rows = list(queryset[offset : offset + size + 1])
    return OffsetPage(
        rows=rows[:size],
        offset=offset,
        next=offset + size if len(rows) > size else None,
        previous=max(0, offset - size) if offset else None,
    )
