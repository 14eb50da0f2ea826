"""Every route of the URL resolver, in categories, with values for its parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.security.owned_rows import Belongings

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PUBLIC = {
    "favicon",
    "health-live",
    "health-ready",
    "schema",
    "accounts-api:register",
    "accounts-api:login",
    "accounts-api:refresh",
}
"""Names of our routes that serve visitors as well."""
SHARED_PARAMETERS = {("providers", "provider")}
"""Parameters that name the same object for all users."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route; ``app`` is the first part of the view's module, ``name`` includes its namespaces."""

    app: str
    view: str
    pattern: str
    name: str
    parameters: tuple[str, ...]

    @property
    def is_admin(self) -> bool:
        return self.pattern.startswith("admin/")

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith(("api/", "sse/"))

    @property
    def names_owned_object(self) -> bool:
        return any((self.app, parameter) not in SHARED_PARAMETERS for parameter in self.parameters)


def our_routes() -> list[Route]:
    return [route for route in _routes() if not route.is_admin and route.app != "allauth"]


def admin_routes() -> list[Route]:
    return [route for route in _routes() if route.is_admin and route.name != "admin:"]


def allauth_routes() -> list[Route]:
    return [route for route in _routes() if route.app == "allauth"]


def paths(route: Route, belongings: Belongings) -> list[str]:
    """Return the route's paths with the owner's ids in them; fails if a parameter is unknown."""
    has_name = bool(route.name) and not route.name.endswith(":")
    assert has_name, f"Give the route {route.pattern} a name, so that it is tested."
    for parameter in route.parameters:
        if (route.app, parameter) not in belongings.ids[0]:
            pytest.fail(
                f"There is no value for the parameter “{parameter}” of the route {route.pattern} ({route.view}). "
                f"Add one to ids in tests/security/owned_rows.py, under ({route.app!r}, {parameter!r})."
            )
    filled = ({each: ids[route.app, each] for each in route.parameters} for ids in belongings.ids)
    return list(dict.fromkeys(reverse(route.name, kwargs=parameters) for parameters in filled))


def admin_path(route: Route, belongings: Belongings) -> str:
    """Return the path of an admin page, with the newest object if the page shows one."""
    parameters = {"app_label": "comparisons", "content_type_id": "1", "object_id": "1", "id": str(belongings.owner.pk)}
    for model in admin.site._registry:
        if route.name.startswith(f"admin:{model._meta.app_label}_{model._meta.model_name}_"):
            newest = model._default_manager.order_by("-pk").first()
            parameters["object_id"] = str(newest.pk if newest else 1)
    return reverse(route.name, kwargs={each: parameters[each] for each in route.parameters})


def allauth_path(route: Route) -> str:
    parameters = {"key": "1-abc", "uidb36": "1"}
    return reverse(route.name, kwargs={each: parameters[each] for each in route.parameters})


def _routes() -> Iterator[Route]:
    return _below(get_resolver(), "", (), ())


def _below(
    resolver: URLResolver, prefix: str, namespaces: tuple[str, ...], parameters: tuple[str, ...]
) -> Iterator[Route]:
    for each in resolver.url_patterns:
        pattern = prefix + str(each.pattern)
        all_parameters = (*parameters, *each.pattern.regex.groupindex)
        if isinstance(each, URLPattern):
            name = ":".join((*namespaces, each.name or ""))
            yield Route(each.lookup_str.partition(".")[0], each.lookup_str, pattern, name, all_parameters)
        else:
            yield from _below(
                each, pattern, (*namespaces, *([each.namespace] if each.namespace else [])), all_parameters
            )
