"""Shapes of comparisons in the OpenAPI document; ``comparisons.json`` builds them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from comparisons.models import Vote
from conversations.serializers import MessageSerializer
from core.api.pagination import page_of
from generations.fields import ParametersSerializer
from generations.output.serializers import FailureSerializer, StatusField, UsageSerializer
from images.serializers import ImageSerializer


class SlotSerializer(serializers.Serializer[Any]):
    result_id = serializers.UUIDField()
    index = serializers.IntegerField()
    provider = serializers.CharField()
    model = serializers.CharField()


class StartSerializer(serializers.Serializer[Any]):
    event = serializers.ChoiceField(["start"])
    comparison_id = serializers.UUIDField()
    turn = serializers.IntegerField()
    total = serializers.IntegerField()
    results = SlotSerializer(many=True)


class ResultSerializer(SlotSerializer, UsageSerializer, FailureSerializer):
    """The answer of one slot, in any state."""

    status = StatusField()
    attempt = serializers.IntegerField()
    response = serializers.CharField()
    reasoning = serializers.CharField()
    parameters = ParametersSerializer()


class ComparisonResultSerializer(ResultSerializer):
    comparison_id = serializers.UUIDField()


class CastVoteSerializer(serializers.Serializer[Any]):
    preferred_index = serializers.IntegerField(allow_null=True)
    verdict = serializers.ChoiceField(Vote.Verdict.values, allow_null=True)


class TurnVoteSerializer(CastVoteSerializer):
    turn = serializers.IntegerField()


class ComparisonTurnSerializer(serializers.Serializer[Any]):
    turn = serializers.IntegerField()
    prompt = serializers.CharField()
    images = ImageSerializer(many=True)
    created_at = serializers.DateTimeField()
    vote = CastVoteSerializer(allow_null=True)
    results = ResultSerializer(many=True)


class ComparisonSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    created_at = serializers.DateTimeField()
    history = MessageSerializer(many=True, help_text="The messages of the chat that it continues.")
    turns = ComparisonTurnSerializer(many=True)


class RowSlotSerializer(SlotSerializer):
    status = StatusField()


class ComparisonRowSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    prompt = serializers.CharField()
    created_at = serializers.DateTimeField()
    turns = serializers.IntegerField(help_text="The number of turns.")
    vote = CastVoteSerializer(allow_null=True)
    results = RowSlotSerializer(many=True, help_text="The slots of the first turn.")


ComparisonPageSerializer = page_of(ComparisonRowSerializer)


class ForkSerializer(serializers.Serializer[Any]):
    conversation_id = serializers.UUIDField()


class PieceSerializer(serializers.Serializer[Any]):
    offset = serializers.IntegerField()
    time = serializers.FloatField(help_text="Seconds from the request.")
    chunk = serializers.CharField()


class EventsSerializer(serializers.Serializer[Any]):
    result_id = serializers.UUIDField()
    events = PieceSerializer(many=True)
