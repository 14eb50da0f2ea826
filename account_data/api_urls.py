"""URLs of the account data API, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path

from account_data import api

app_name = "account_data_api"
urlpatterns = [
    path("archive", api.archive, name="archive"),
    path("auth/me", api.AccountApi.as_view(), name="account"),
]
