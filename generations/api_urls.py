"""URLs of usage and limits in the REST API."""

from __future__ import annotations

from django.urls import path

from generations.limits.api import UsageApi

urlpatterns = [path("usage", UsageApi.as_view(), name="api-usage")]
