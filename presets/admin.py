"""Read-only admin of presets and prompt templates."""

from __future__ import annotations

from django.contrib import admin

from core.admin import HistoryAdmin
from presets.models import Preset, PromptTemplate


@admin.register(Preset)
class SavedAdmin(HistoryAdmin):
    list_display = ("name", "user", "created_at")
    list_filter = ("created_at",)
    search_fields = ["public_id", "name", "user__username", "user__email"]
    list_select_related = ("user",)


@admin.register(PromptTemplate)
class PromptTemplateAdmin(SavedAdmin):
    search_fields = [*SavedAdmin.search_fields, "text"]
