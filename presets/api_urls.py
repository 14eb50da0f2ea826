"""URLs of presets and prompt templates in the API, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from presets import api

app_name = "presets_api"
urlpatterns = [
    path("presets", api.PresetListApi.as_view(), name="preset-list"),
    path("presets/<uuid:preset_id>", api.PresetApi.as_view(), name="preset"),
    path("prompt-templates", api.PromptTemplateListApi.as_view(), name="template-list"),
    path("prompt-templates/<uuid:template_id>", api.PromptTemplateApi.as_view(), name="template"),
]
