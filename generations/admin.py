"""Read-only admin of generations and of daily usage."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from generations.models import DailyUsage, Generation


@admin.register(Generation)
class GenerationAdmin(admin.ModelAdmin):
    list_display = (
        *("public_id", "user", "provider", "model", "status", "error_code", "ttft", "time"),
        *("output_tokens", "cost", "key_source", "created_at"),
    )
    list_filter = ("status", "error_code", "provider", "key_source", "usage_source", "created_at")
    search_fields = ("public_id", "user__username", "user__email", "model", "text")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    exclude = ("request", "lease", "timeline")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Generation | None = None) -> bool:
        return False


@admin.register(DailyUsage)
class DailyUsageAdmin(admin.ModelAdmin):
    list_display = ("day", "user", "key_source", "answers", "tokens", "cost")
    list_filter = ("key_source", "day")
    search_fields = ("user__username", "user__email")
    list_select_related = ("user",)
    date_hierarchy = "day"
    ordering = ("-day", "user")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: DailyUsage | None = None) -> bool:
        return False
