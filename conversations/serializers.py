"""What the API says of chats; for the OpenAPI document, ``presentation`` makes it."""

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


class AnswerSerializer(FailureSerializer):
    text = serializers.CharField()
    provider = serializers.CharField()
    model = serializers.CharField()
    status = StatusField()
    reasoning = serializers.CharField()
    usage = UsageSerializer()


class MessageSerializer(FailureSerializer):
    """A prompt, or an answer with all that is known of it."""

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
    omitted_images = serializers.IntegerField(required=False)


class ShownMessageSerializer(MessageSerializer):
    branches = serializers.ListField(
        child=serializers.UUIDField(), help_text="The ids that stand in this place, its own included."
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
    """The provider failed; what had arrived of the answer is kept."""

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
    stopped = serializers.IntegerField(help_text="How many answers were still running or waiting.")
