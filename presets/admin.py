"""Read-only admin of presets and prompt templates."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from presets.models import Preset, PromptTemplate


@admin.register(Preset)
class SavedAdmin(admin.ModelAdmin):
    list_display = ("name", "user", "created_at")
    list_filter = ("created_at",)
    search_fields = ["public_id", "name", "user__username", "user__email"]
    list_select_related = ("user",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PromptTemplate)
class PromptTemplateAdmin(SavedAdmin):
    search_fields = [*SavedAdmin.search_fields, "text"]
