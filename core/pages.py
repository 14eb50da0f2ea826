"""Lists on HTML pages, a page at a time by ``?offset=``.

Django's Paginator would count all rows for each page; this reads one row more than it shows instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)
LARGEST_OFFSET_DIGITS = 8


@dataclass(frozen=True, slots=True)
class OffsetPage(Generic[Row]):
    """Some rows of a list; ``next`` and ``previous`` are the offsets of the pages beside it, None if there is none."""

    rows: list[Row]
    offset: int
    next: int | None
    previous: int | None


def offset_page(found: QuerySet[Row], request: HttpRequest, size: int) -> OffsetPage[Row]:
    """Return the page that ``?offset=`` names, the first one if that is not a number.

    Beyond the end it returns the page before, so that deleting the last item of a page does not leave it empty.
    """
    text = request.GET.get("offset", "")
    offset = int(text) if text.isascii() and text.isdigit() and len(text) <= LARGEST_OFFSET_DIGITS else 0
    rows = list(found[offset : offset + size + 1])
    if offset and not rows:
        offset = max(0, offset - size)
        rows = list(found[offset : offset + size + 1])
    return OffsetPage(
        rows=rows[:size],
        offset=offset,
        next=offset + size if len(rows) > size else None,
        previous=max(0, offset - size) if offset else None,
    )
