"""URLs of the forms for account data on the settings page."""

from __future__ import annotations

from django.urls import path

from account_data import views

app_name = "account_data"
urlpatterns = [
    path("settings/archive/", views.archive_import, name="archive-import"),
    path("settings/delete/", views.account_delete, name="account-delete"),
]
