"""Pagination of lists in the API, by ``?limit=`` and ``?offset=``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from core.api.validation import validated

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
Row = TypeVar("Row", bound=Model)


class PageSerializer(serializers.Serializer[Any]):
    """The query parameters of a list."""

    limit = serializers.IntegerField(default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT)
    offset = serializers.IntegerField(default=0, min_value=0, max_value=2**31)
    search = serializers.CharField(default="", allow_blank=True, max_length=200)
    count = serializers.BooleanField(default=False)


def page_of(row: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Return the serializer of ``page_json``, for the OpenAPI document."""
    fields = {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": row(many=True),
        "count": serializers.IntegerField(required=False, help_text="Only with `count=true`."),
    }
    return type(row.__name__.replace("Row", "Page"), (serializers.Serializer,), fields)


def page_json(
    request: Request, find: Callable[[str], QuerySet[Row]], row_json: Callable[[Row], dict[str, Any]]
) -> dict[str, Any]:
    """Return ``{next, previous, results}`` of the rows that ``find`` returns for the query's ``search``; ``count``
    only if requested, because it costs a query over all rows."""
    page = validated(PageSerializer, request.query_params.dict())
    queryset, limit, offset = find(page["search"]), page["limit"], page["offset"]
    rows = list(queryset[offset : offset + limit + 1])
    body: dict[str, Any] = {
        "next": _page_url(request, offset + limit) if len(rows) > limit else None,
        "previous": _page_url(request, max(0, offset - limit)) if offset else None,
        "results": [row_json(row) for row in rows[:limit]],
    }
    if page["count"]:
        body["count"] = queryset.count()
    return body


def _page_url(request: Request, offset: int) -> str:
    query = request.query_params.copy()
    query["offset"] = str(offset)
    return request.build_absolute_uri(f"?{query.urlencode()}")
