"""URLs of the chat pages."""

from __future__ import annotations

from django.urls import path

from conversations import stream_views, views

app_name = "conversations"
urlpatterns = [
    path("chat/", views.chat_new, name="chat-new"),
    path("chat/start/", views.chat_start, name="chat-start"),
    path("chat/presets/", views.preset_create, name="preset-create"),
    path("chat/list/", views.chat_list, name="chat-list"),
    path("chat/<uuid:public_id>/", views.chat_detail, name="chat-detail"),
    path("chat/<uuid:public_id>/news/", views.chat_news, name="chat-news"),
    path("chat/<uuid:public_id>/cancel/", views.chat_cancel, name="chat-cancel"),
    path("chat/<uuid:public_id>/rename/", views.chat_rename, name="chat-rename"),
    path("chat/<uuid:public_id>/discard/", views.chat_discard, name="chat-discard"),
    path("chat/<uuid:public_id>/restore/", views.chat_restore, name="chat-restore"),
    path("chat/<uuid:public_id>/messages/", views.message_send, name="message-send"),
    path("chat/<uuid:public_id>/messages/<uuid:message_id>/older/", views.older_messages, name="older-messages"),
    path("chat/<uuid:public_id>/messages/<uuid:message_id>/retry/", views.message_retry, name="message-retry"),
    path("chat/<uuid:public_id>/messages/<uuid:message_id>/show/", views.message_show, name="message-show"),
    path("chat/<uuid:public_id>/messages/<uuid:message_id>/delete/", views.message_delete, name="message-delete"),
    path("sse/chat/<uuid:public_id>/", stream_views.page_stream, name="page-stream"),
]
