"""Addresses of the pages of comparisons."""

from __future__ import annotations

from django.urls import path

from comparisons import views

app_name = "comparisons"
urlpatterns = [
    path("", views.compare, name="compare"),
    path("history/", views.history, name="history"),
    path("comparisons/<uuid:public_id>/", views.comparison_detail, name="comparison-detail"),
    path("comparisons/<uuid:public_id>/turns/", views.turn_create, name="turn-create"),
    path("comparisons/<uuid:public_id>/turns/<int:number>/vote/", views.turn_vote, name="turn-vote"),
    path("comparisons/<uuid:public_id>/cancel/", views.comparison_cancel, name="comparison-cancel"),
    path("comparisons/<uuid:public_id>/item/", views.history_item, name="history-item"),
    path("comparisons/<uuid:public_id>/rename/", views.comparison_rename, name="comparison-rename"),
    path("comparisons/<uuid:public_id>/delete/", views.comparison_delete, name="comparison-delete"),
    path("results/<uuid:result_id>/cancel/", views.result_cancel, name="result-cancel"),
    path("results/<uuid:result_id>/retry/", views.result_retry, name="result-retry"),
]
