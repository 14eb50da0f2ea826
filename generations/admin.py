"""Read-only admin of generations and of daily usage."""

from __future__ import annotations

from django.contrib import admin

from core.admin import HistoryAdmin
from generations.models import DailyUsage, Generation
from providers.admin_filters import provider_filter


@admin.register(Generation)
class GenerationAdmin(HistoryAdmin):
    list_display = (
        *("public_id", "user", "provider", "model", "status", "error_code", "ttft", "time"),
        *("output_tokens", "cost", "key_source", "created_at"),
    )
    list_filter = ("status", "error_code", provider_filter("provider"), "key_source", "usage_source", "created_at")
    search_fields = ("public_id", "user__username", "user__email", "model", "text")
    list_select_related = ("user",)
    exclude = ("request", "lease", "timeline")


@admin.register(DailyUsage)
class DailyUsageAdmin(HistoryAdmin):
    list_display = ("day", "user", "key_source", "answers", "tokens", "cost")
    list_filter = ("key_source", "day")
    search_fields = ("user__username", "user__email")
    list_select_related = ("user",)
    date_hierarchy = "day"
    ordering = ("-day", "user")
