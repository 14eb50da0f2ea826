"""Read-only admin of conversations and their messages."""

from __future__ import annotations

from django.contrib import admin

from conversations.models import Conversation, Message
from core.admin import HistoryAdmin, HistoryInline
from providers.admin_filters import provider_filter


class MessageInline(HistoryInline):
    model = Message
    fields = readonly_fields = ("parent", "role", "text", "generation", "created_at")


@admin.register(Conversation)
class ConversationAdmin(HistoryAdmin):
    list_display = ("public_id", "user", "kind", "provider", "model", "title", "updated_at")
    list_filter = ("kind", provider_filter("provider"), "created_at")
    search_fields = ("public_id", "title", "user__username", "user__email", "model", "messages__text")
    list_select_related = ("user",)
    inlines = (MessageInline,)
