"""Addresses of chats in the API, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from conversations import api, saved_api, streams

app_name = "conversations_api"
urlpatterns = [
    path("chat", streams.chat, name="chat"),
    path("chat/stream", streams.chat_stream, name="chat-stream"),
    path("conversations", api.ConversationListApi.as_view(), name="conversation-list"),
    path("conversations/<uuid:public_id>", api.ConversationApi.as_view(), name="conversation"),
    path("conversations/<uuid:public_id>/stream", streams.conversation_stream, name="conversation-stream"),
    path("conversations/<uuid:public_id>/export", api.ConversationExportApi.as_view(), name="conversation-export"),
    path("conversations/<uuid:public_id>/cancel", api.ConversationCancelApi.as_view(), name="conversation-cancel"),
    path("conversations/<uuid:public_id>/fork", api.ConversationForkApi.as_view(), name="conversation-fork"),
    path("conversations/<uuid:public_id>/messages/<uuid:message_id>", api.MessageApi.as_view(), name="message"),
    path(
        "conversations/<uuid:public_id>/messages/<uuid:message_id>/show",
        api.MessageShowApi.as_view(),
        name="message-show",
    ),
    path(
        "conversations/<uuid:public_id>/messages/<uuid:message_id>/retry",
        api.MessageRetryApi.as_view(),
        name="message-retry",
    ),
    path("presets", saved_api.PresetListApi.as_view(), name="preset-list"),
    path("presets/<uuid:preset_id>", saved_api.PresetApi.as_view(), name="preset"),
    path("prompt-templates", saved_api.PromptTemplateListApi.as_view(), name="template-list"),
    path("prompt-templates/<uuid:template_id>", saved_api.PromptTemplateApi.as_view(), name="template"),
]
