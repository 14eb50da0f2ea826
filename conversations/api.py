"""REST API of chats, without the endpoints that stream."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.audit import record
from accounts.http import api_user
from accounts.models import Action
from conversations import services
from conversations.export import KINDS, export
from conversations.json import conversation_json, conversation_row_json, message_json
from conversations.models import Conversation
from conversations.schemas import SettingsSerializer, chat_settings
from conversations.selectors import conversation_message, shown_messages, user_conversation, user_conversations
from conversations.serializers import (
    ConversationPageSerializer,
    MessageIdsSerializer,
    MessageSerializer,
    ShownConversationSerializer,
    StoppedSerializer,
)
from core.api.openapi import NOTHING, refusals
from core.api.pagination import PageSerializer, page_json
from core.api.validation import validated
from generations.fields import TITLE_LENGTH, FilledField, WordField


class ConversationSerializer(SettingsSerializer):
    title = FilledField(max_length=TITLE_LENGTH, required=False)


class ExportSerializer(serializers.Serializer[Any]):
    format = WordField(KINDS, default="json")


class ConversationListApi(APIView):
    @extend_schema(parameters=[PageSerializer], responses=ConversationPageSerializer, operation_id="conversations_list")
    def get(self, request: Request) -> Response:
        """Return the caller's chats, the one used last first."""
        user = api_user(request)
        return Response(page_json(request, lambda search: user_conversations(user, search), conversation_row_json))


class ConversationApi(APIView):
    @extend_schema(responses=ShownConversationSerializer, operation_id="conversations_read")
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return a chat with its shown branch."""
        return _shown(user_conversation(api_user(request), public_id))

    @extend_schema(
        request=ConversationSerializer,
        responses={200: ShownConversationSerializer, **refusals(409)},
        operation_id="conversations_update",
    )
    def patch(self, request: Request, public_id: uuid.UUID) -> Response:
        """Change a chat's title, or the model and settings for its next answer."""
        conversation = user_conversation(api_user(request), public_id)
        checked = validated(ConversationSerializer, request.data)
        services.change_settings(conversation=conversation, settings=chat_settings(request.data))
        if "title" in checked:
            services.rename_conversation(conversation=conversation, title=checked["title"])
        return _shown(conversation)

    @extend_schema(responses={204: NOTHING}, operation_id="conversations_delete")
    def delete(self, request: Request, public_id: uuid.UUID) -> Response:
        """Stop a chat's answer and delete the chat with all its branches."""
        services.delete_conversation(conversation=user_conversation(api_user(request), public_id))
        return Response(status=204)


class ConversationExportApi(APIView):
    @extend_schema(
        parameters=[ExportSerializer],
        responses={(200, "application/json"): OpenApiTypes.OBJECT, (200, "text/markdown"): OpenApiTypes.STR},
        operation_id="conversations_export",
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Return a chat as a file: JSON with all its branches, or Markdown of the shown one."""
        conversation = user_conversation(api_user(request), public_id)
        checked = validated(ExportSerializer, request.query_params.dict())
        file = export(conversation, checked["format"])
        record(Action.EXPORTED, user=api_user(request), subject=f"chat {conversation.public_id}")
        return file.response()


class ConversationCancelApi(APIView):
    @extend_schema(request=None, responses=StoppedSerializer, operation_id="conversations_cancel")
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Stop the running answer."""
        conversation = user_conversation(api_user(request), public_id)
        return Response({"stopped": services.stop_conversation(conversation=conversation)})


class ConversationForkApi(APIView):
    @extend_schema(
        request=None,
        responses={201: ShownConversationSerializer, **refusals(409)},
        operation_id="conversations_fork",
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Create a chat that begins with a copy of this one's shown branch."""
        fork = services.fork_conversation(source=user_conversation(api_user(request), public_id))
        return Response(conversation_json(fork, shown_messages(fork)), status=201)


class MessageApi(APIView):
    @extend_schema(responses=MessageSerializer, operation_id="messages_read")
    def get(self, request: Request, public_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Return one message of any branch."""
        conversation = user_conversation(api_user(request), public_id)
        return Response(message_json(conversation_message(conversation, message_id)))

    @extend_schema(responses={204: NOTHING, **refusals(400, 409)}, operation_id="messages_delete")
    def delete(self, request: Request, public_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Delete a prompt with its answers; later messages stay."""
        conversation = user_conversation(api_user(request), public_id)
        message = conversation_message(conversation, message_id)
        services.delete_exchange(conversation=conversation, message=message)
        return Response(status=204)


class MessageShowApi(APIView):
    @extend_schema(
        request=None, responses={200: ShownConversationSerializer, **refusals(409)}, operation_id="messages_show"
    )
    def post(self, request: Request, public_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Show the newest branch that contains this message; the next message continues it."""
        conversation = user_conversation(api_user(request), public_id)
        message = conversation_message(conversation, message_id)
        services.show_branch(conversation=conversation, message=message)
        return _shown(conversation)


class MessageRetryApi(APIView):
    @extend_schema(
        request=None,
        responses={202: MessageIdsSerializer, **refusals(409, 429, 503)},
        operation_id="messages_retry",
    )
    def post(self, request: Request, public_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Retry an answer that did not complete; follow it on the conversation's stream."""
        conversation = user_conversation(api_user(request), public_id)
        message = conversation_message(conversation, message_id)
        services.retry_message(conversation=conversation, message=message)
        ids = {"conversation_id": str(conversation.public_id), "message_id": str(message.public_id)}
        return Response(ids, status=202)


def _shown(conversation: Conversation) -> Response:
    return Response(conversation_json(conversation, shown_messages(conversation)))
