"""The admin page with the configuration of this installation, read-only and without secrets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from llmselect_project.settings import env
from providers.kinds import KINDS

GENERATED = {"SECRET_KEY", "FIELD_ENCRYPTION_KEY"}
SECRETS = ("_KEY", "_PASSWORD")
"""The ends of the names of variables whose values are not shown."""
PROVIDERS = tuple(f"{slug.upper()}_" for slug in KINDS)


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting as the page shows it; ``own`` is True if the value comes from the environment, not from the default."""

    name: str
    value: str
    own: bool


@require_GET
@admin.site.admin_view
@never_cache
def configuration(request: HttpRequest) -> HttpResponse:
    """Show all variables, sorted by name, with those of the providers in a group of their own."""
    rows = sorted(_settings(), key=lambda setting: setting.name)
    context = {
        **admin.site.each_context(request),
        "title": "Configuration",
        "groups": {
            "This installation": [each for each in rows if not each.name.startswith(PROVIDERS)],
            "Providers": [each for each in rows if each.name.startswith(PROVIDERS)],
        },
    }
    return render(request, "admin/configuration.html", context)


def _settings() -> Iterator[Setting]:
    for name, parsed in env.dump().items():
        own = bool(os.environ.get(name))
        value = _secret(name, own) if name.endswith(SECRETS) else _shown(_effective(name, parsed))
        yield Setting(name, value, own)


def _secret(name: str, own: bool) -> str:
    if own:
        return "set"
    return "generated at the first start" if name in GENERATED else "not set"


def _effective(name: str, parsed: Any) -> Any:
    """Return the value that is in effect: the setting of this name, or else the parsed variable."""
    slug, _, rest = name.partition("_BASE_URL")
    if not rest and slug.lower() in settings.PROVIDER_BASE_URLS:
        return settings.PROVIDER_BASE_URLS[slug.lower()]
    return getattr(settings, name, parsed)


def _shown(value: Any) -> str:
    """Return the value as one would write it into the environment, without the user and password of a URL."""
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    if isinstance(value, bool) or value is None:
        return str(value or False).lower()
    return _without_password(str(value))


def _without_password(value: str) -> str:
    try:
        parts = urlsplit(value)
    except ValueError:
        return value
    if "@" not in parts.netloc and not parts.query:
        return value
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
