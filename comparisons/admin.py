"""Read-only admin of comparisons with their candidates and turns, and of votes."""

from __future__ import annotations

from django.contrib import admin

from comparisons.models import Candidate, Comparison, Turn, Vote
from core.admin import HistoryAdmin, HistoryInline
from providers.admin_filters import provider_filter


class CandidateInline(HistoryInline):
    model = Candidate


class TurnInline(HistoryInline):
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
