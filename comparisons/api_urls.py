"""URLs of comparisons in the API, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from comparisons import api, stream_views

app_name = "comparisons_api"
urlpatterns = [
    path("compare", stream_views.compare, name="compare"),
    path("compare/stream", stream_views.compare_stream, name="compare-stream"),
    path("comparisons", api.ComparisonListApi.as_view(), name="comparison-list"),
    path("comparisons/<uuid:public_id>", api.ComparisonApi.as_view(), name="comparison"),
    path("comparisons/<uuid:public_id>/export", api.ComparisonExportApi.as_view(), name="comparison-export"),
    path("comparisons/<uuid:public_id>/stream", stream_views.comparison_stream, name="comparison-stream"),
    path("comparisons/<uuid:public_id>/turns", stream_views.turn_create, name="turn-create"),
    path("comparisons/<uuid:public_id>/vote", api.VoteApi.as_view(), name="vote"),
    path("comparisons/<uuid:public_id>/cancel", api.ComparisonCancelApi.as_view(), name="comparison-cancel"),
    path("results/<uuid:result_id>", api.ResultApi.as_view(), name="result"),
    path("results/<uuid:result_id>/cancel", api.ResultCancelApi.as_view(), name="result-cancel"),
    path("results/<uuid:result_id>/retry", api.ResultRetryApi.as_view(), name="result-retry"),
    path("results/<uuid:result_id>/fork", api.ResultForkApi.as_view(), name="result-fork"),
    path("results/<uuid:result_id>/events", api.ResultEventsApi.as_view(), name="result-events"),
]
