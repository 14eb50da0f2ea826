"""Admin of what users have made: read-only, and as quick with a million rows as with ten."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import JSONField, QuerySet, TextField
from django.http import HttpRequest
from django.utils.functional import cached_property

COUNTED = 10_000
"""The most rows that a list counts and pages through; filters and the search lead to older ones."""


class BoundedPaginator(Paginator):
    """Pages through the first ``COUNTED`` rows, because counting all of them takes longer the more there are."""

    @cached_property
    def count(self) -> int:
        return cast(QuerySet, self.object_list)[:COUNTED].count()


class _ReadOnly:
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HistoryAdmin(_ReadOnly, admin.ModelAdmin):
    """Rows that the product itself adds and changes."""

    paginator = BoundedPaginator
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows without their texts, which the page of one row reads when it shows them."""
        texts = [field.name for field in self.model._meta.concrete_fields if isinstance(field, TextField | JSONField)]
        return super().get_queryset(request).defer(*texts)


class HistoryInline(_ReadOnly, admin.TabularInline):
    """Rows of the same kind on the page of the row that they belong to."""

    extra = 0
    can_delete = False
