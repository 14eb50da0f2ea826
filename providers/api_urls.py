"""URLs of the keys' and models' API, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path

from providers import api

app_name = "providers-api"
urlpatterns = [
    path("keys", api.KeyListApi.as_view(), name="key-list"),
    path("keys/<str:provider>", api.KeyApi.as_view(), name="key"),
    path("keys/<str:provider>/test", api.KeyTestApi.as_view(), name="key-test"),
    path("models", api.ModelListApi.as_view(), name="model-list"),
    path("models/refresh", api.RefreshModelsApi.as_view(), name="model-refresh"),
]
