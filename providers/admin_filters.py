"""A filter of admin lists by provider, which does not look for the providers in all rows."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from providers.kinds import KINDS
from providers.models import Endpoint


def provider_filter(field: str) -> type[SimpleListFilter]:
    """Return a filter of the rows whose ``field``, a lookup such as ``provider``, names the chosen provider."""

    class ProviderFilter(SimpleListFilter):
        title = "provider"
        parameter_name = "provider"

        def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
            kinds = [(slug, kind.label) for slug, kind in KINDS.items()]
            return [*kinds, *Endpoint.objects.order_by("name").values_list("slug", "name")]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset if self.value() is None else queryset.filter(**{field: self.value()}).distinct()

    return ProviderFilter
