"""All URLs of LLMSelect."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from llmselect_project import health
from llmselect_project.configuration_page import configuration
from llmselect_project.openapi import SchemaApi

admin.site.site_header = admin.site.site_title = "LLMSelect"
handler400 = "core.error_pages.bad_request"
handler404 = "core.error_pages.page_not_found"
handler500 = "core.error_pages.server_error"
handler429 = "core.error_pages.too_many_requests"
# The admin's pages name no icon, so browsers request this one.
favicon = RedirectView.as_view(url=f"{settings.STATIC_URL}icons/favicon.svg")

api_urls: list[URLPattern | URLResolver] = [
    path("", include("comparisons.api_urls")),
    path("", include("conversations.api_urls")),
    path("", include("generations.api_urls")),
    path("", include("accounts.api_urls")),
    path("", include("providers.api_urls")),
    path("", include("images.api_urls")),
    path("", include("presets.api_urls")),
    path("", include("account_data.api_urls")),
    path("schema", SchemaApi.as_view(), name="schema"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(api_urls)),
    path("favicon.ico", favicon, name="favicon"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("status/", health.status, name="status"),
    path("admin/configuration/", configuration, name="configuration"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("", include("accounts.urls")),
    path("", include("providers.urls")),
    path("", include("images.urls")),
    path("", include("generations.urls")),
    path("", include("conversations.urls")),
    path("", include("comparisons.urls")),
    path("", include("account_data.urls")),
]
