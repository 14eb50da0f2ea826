"""URLs of chats in the API, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from conversations import api, stream_views

app_name = "conversations_api"
urlpatterns = [
    path("chat", stream_views.chat, name="chat"),
    path("chat/stream", stream_views.chat_stream, name="chat-stream"),
    path("conversations", api.ConversationListApi.as_view(), name="conversation-list"),
    path("conversations/<uuid:public_id>", api.ConversationApi.as_view(), name="conversation"),
    path("conversations/<uuid:public_id>/stream", stream_views.conversation_stream, name="conversation-stream"),
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
]
