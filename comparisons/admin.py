"""Read-only admin of comparisons with their candidates and turns, and of votes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from comparisons.models import Candidate, Comparison, Turn, Vote
from core.admin import HistoryAdmin
from providers.admin_filters import provider_filter


class ReadOnlyInline(admin.TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CandidateInline(ReadOnlyInline):
    model = Candidate


class TurnInline(ReadOnlyInline):
    model = Turn


@admin.register(Comparison)
class ComparisonAdmin(HistoryAdmin):
    list_display = ("public_id", "user", "title", "created_at")
    list_filter = ("created_at", provider_filter("candidates__conversation__provider"))
    search_fields = ("public_id", "title", "user__username", "user__email", "turns__prompt")
    list_select_related = ("user",)
    inlines = (CandidateInline, TurnInline)


@admin.register(Vote)
class VoteAdmin(HistoryAdmin):
    list_display = ("turn", "user", "preferred_index", "verdict", "updated_at")
    list_filter = ("verdict", "updated_at")
    search_fields = ("user__username", "user__email", "turn__prompt")
    list_select_related = ("turn__comparison", "user")
