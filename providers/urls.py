"""URLs of the pages of keys and models."""

from __future__ import annotations

from django.urls import path

from providers import views

app_name = "providers"
urlpatterns = [
    path("keys/", views.key_list, name="key-list"),
    path("keys/<slug:provider>/", views.key_set, name="key-set"),
    path("keys/<slug:provider>/delete/", views.key_delete, name="key-delete"),
    path("keys/<slug:provider>/test/", views.key_test, name="key-test"),
    path("models/", views.model_list, name="model-list"),
    path("models/<slug:provider>/refresh/", views.model_refresh, name="model-refresh"),
    path("models/<slug:provider>/add/", views.model_add, name="model-add"),
    path("models/<slug:provider>/remove/", views.model_remove, name="model-remove"),
]
