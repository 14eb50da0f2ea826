"""Addresses of comparisons in the API, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from comparisons import api, saved_api, streams

app_name = "comparisons_api"
urlpatterns = [
    path("compare", streams.compare, name="compare"),
    path("compare/stream", streams.compare_stream, name="compare-stream"),
    path("comparisons", api.ComparisonListApi.as_view(), name="comparison-list"),
    path("comparisons/<uuid:public_id>", api.ComparisonApi.as_view(), name="comparison"),
    path("comparisons/<uuid:public_id>/stream", streams.comparison_stream, name="comparison-stream"),
    path("comparisons/<uuid:public_id>/turns", streams.turn_create, name="turn-create"),
    path("comparisons/<uuid:public_id>/vote", api.VoteApi.as_view(), name="vote"),
    path("comparisons/<uuid:public_id>/cancel", api.ComparisonCancelApi.as_view(), name="comparison-cancel"),
    path("presets", saved_api.PresetListApi.as_view(), name="preset-list"),
    path("presets/<uuid:preset_id>", saved_api.PresetApi.as_view(), name="preset"),
    path("prompt-templates", saved_api.PromptTemplateListApi.as_view(), name="template-list"),
    path("prompt-templates/<uuid:template_id>", saved_api.PromptTemplateApi.as_view(), name="template"),
    path("results/<uuid:result_id>", api.ResultApi.as_view(), name="result"),
    path("results/<uuid:result_id>/cancel", api.ResultCancelApi.as_view(), name="result-cancel"),
    path("results/<uuid:result_id>/retry", api.ResultRetryApi.as_view(), name="result-retry"),
    path("results/<uuid:result_id>/events", api.ResultEventsApi.as_view(), name="result-events"),
]
