"""Shapes of chats in the OpenAPI document; ``conversations.json`` builds them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.openapi import ErrorDetailSerializer
from core.api.pagination import page_of
from generations.fields import FallbackSerializer, ParametersSerializer
from generations.output.serializers import FailureSerializer, StatusField, UsageSerializer
from images.serializers import ImageSerializer


class ConversationRowSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField(allow_blank=True)
    provider = serializers.CharField()
    model = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


ConversationPageSerializer = page_of(ConversationRowSerializer)


class MessageSerializer(FailureSerializer):
    """A prompt, or an answer with its state and figures."""

    id = serializers.UUIDField()
    parent_id = serializers.UUIDField(allow_null=True)
    role = serializers.ChoiceField(["user", "assistant"])
    text = serializers.CharField()
    images = ImageSerializer(many=True)
    created_at = serializers.DateTimeField()
    provider = serializers.CharField(required=False)
    model = serializers.CharField(required=False)
    status = StatusField(required=False)
    reasoning = serializers.CharField(required=False)
    usage = UsageSerializer(required=False)
    omitted = serializers.IntegerField(required=False, help_text="Messages that did not fit into the model's context.")
    omitted_images = serializers.IntegerField(required=False, help_text="Images that the model cannot see.")


class ShownMessageSerializer(MessageSerializer):
    branches = serializers.ListField(
        child=serializers.UUIDField(),
        help_text="The ids of this message and its alternatives, oldest first.",
    )


class ShownConversationSerializer(ConversationRowSerializer):
    system = serializers.CharField(allow_blank=True)
    parameters = ParametersSerializer()
    fallback = FallbackSerializer(allow_null=True)
    messages = ShownMessageSerializer(many=True)


class ChatAnswerSerializer(serializers.Serializer[Any]):
    conversation_id = serializers.UUIDField()
    message_id = serializers.UUIDField()
    response = serializers.CharField()
    provider = serializers.CharField()
    model = serializers.CharField()
    status = StatusField()
    reasoning = serializers.CharField()
    usage = UsageSerializer()


class FailedChatAnswerSerializer(serializers.Serializer[Any]):
    """An answer that failed, with the text that had arrived."""

    error = ErrorDetailSerializer()
    conversation_id = serializers.UUIDField()
    message_id = serializers.UUIDField()
    response = serializers.CharField()
    provider = serializers.CharField()
    model = serializers.CharField()
    status = StatusField()
    reasoning = serializers.CharField()
    retryable = serializers.BooleanField()
    usage = UsageSerializer()


class MessageIdsSerializer(serializers.Serializer[Any]):
    conversation_id = serializers.UUIDField()
    message_id = serializers.UUIDField()


class StoppedSerializer(serializers.Serializer[Any]):
    stopped = serializers.IntegerField(help_text="The number of answers that were still running or waiting.")
