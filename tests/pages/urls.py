"""The addresses that the pages link to, without the views behind them."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path


def nothing(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse()


comparison_patterns = [
    path("", nothing, name="compare"),
    path("history/", nothing, name="history"),
    path("comparisons/<uuid:public_id>/", nothing, name="comparison-detail"),
    path("comparisons/<uuid:public_id>/cancel/", nothing, name="comparison-cancel"),
    path("comparisons/<uuid:public_id>/turns/", nothing, name="turn-create"),
    path("comparisons/<uuid:public_id>/turns/<int:number>/vote/", nothing, name="turn-vote"),
    path("results/<uuid:result_id>/cancel/", nothing, name="result-cancel"),
    path("results/<uuid:result_id>/retry/", nothing, name="result-retry"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((comparison_patterns, "comparisons"))),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
]
