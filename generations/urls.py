"""URL of the page of usage and limits."""

from __future__ import annotations

from django.urls import path

from generations.limits import views

app_name = "generations"
urlpatterns = [path("settings/usage/", views.usage, name="usage")]
