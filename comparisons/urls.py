"""URLs of the pages of comparisons, presets and prompt templates."""

from __future__ import annotations

from django.urls import path

from comparisons import preset_views, views

app_name = "comparisons"
urlpatterns = [
    path("", views.compare, name="compare"),
    path("saved/", preset_views.saved_list, name="saved-list"),
    path("presets/", preset_views.preset_create, name="preset-create"),
    path("presets/<uuid:preset_id>/", preset_views.preset_update, name="preset-update"),
    path("presets/<uuid:preset_id>/apply/", preset_views.preset_apply, name="preset-apply"),
    path("presets/<uuid:preset_id>/delete/", preset_views.preset_delete, name="preset-delete"),
    path("prompt-templates/", preset_views.template_create, name="template-create"),
    path("prompt-templates/<uuid:template_id>/", preset_views.template_update, name="template-update"),
    path("prompt-templates/<uuid:template_id>/apply/", preset_views.template_apply, name="template-apply"),
    path("prompt-templates/<uuid:template_id>/delete/", preset_views.template_delete, name="template-delete"),
    path("history/", views.history, name="history"),
    path("comparisons/<uuid:public_id>/", views.comparison_detail, name="comparison-detail"),
    path("comparisons/<uuid:public_id>/turns/", views.turn_create, name="turn-create"),
    path("comparisons/<uuid:public_id>/turns/<int:number>/vote/", views.turn_vote, name="turn-vote"),
    path("comparisons/<uuid:public_id>/cancel/", views.comparison_cancel, name="comparison-cancel"),
    path("comparisons/<uuid:public_id>/item/", views.history_item, name="history-item"),
    path("comparisons/<uuid:public_id>/rename/", views.comparison_rename, name="comparison-rename"),
    path("comparisons/<uuid:public_id>/delete/", views.comparison_delete, name="comparison-delete"),
    path("results/<uuid:result_id>/cancel/", views.result_cancel, name="result-cancel"),
    path("results/<uuid:result_id>/fork/", views.result_fork, name="result-fork"),
    path("results/<uuid:result_id>/retry/", views.result_retry, name="result-retry"),
]
