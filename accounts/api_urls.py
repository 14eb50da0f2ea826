"""URLs of the accounts API, below ``/api/v1/``; ``auth/me`` is in ``account_data``, which can delete an account."""

from __future__ import annotations

from django.urls import path

from accounts import api

app_name = "accounts-api"
urlpatterns = [
    path("auth/register", api.RegisterApi.as_view(), name="register"),
    path("auth/login", api.LoginApi.as_view(), name="login"),
    path("auth/refresh", api.RefreshApi.as_view(), name="refresh"),
    path("auth/logout", api.LogoutApi.as_view(), name="logout"),
    path("tokens", api.ApiTokenListApi.as_view(), name="token-list"),
    path("tokens/<uuid:token_id>", api.ApiTokenApi.as_view(), name="token"),
]
