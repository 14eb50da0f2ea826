"""URLs of the settings page; allauth's own pages are below ``/accounts/``."""

from __future__ import annotations

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("settings/", views.settings_page, name="settings"),
    path("settings/activity/", views.activity, name="activity"),
    path("settings/streaming/", views.streaming_set, name="streaming-set"),
    path("settings/tokens/", views.api_token_create, name="api-token-create"),
    path("settings/tokens/<uuid:token_id>/delete/", views.api_token_delete, name="api-token-delete"),
]
