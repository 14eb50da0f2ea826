"""Shapes of an answer in the OpenAPI document; ``generations.output.json`` builds them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from generations.models import Generation
from providers.adapters.base import ErrorCode


class ModelSerializer(serializers.Serializer[Any]):
    provider = serializers.CharField()
    model = serializers.CharField()


class AdjustmentSerializer(serializers.Serializer[Any]):
    """A setting that the model or its provider did not take as it was asked for."""

    parameter = serializers.CharField(help_text="The name of a parameter, or `system`.")
    asked = serializers.JSONField()
    sent = serializers.JSONField(allow_null=True, help_text="In the provider's words; null if it was left out.")
    reason = serializers.CharField(help_text="A sentence for people.")


class UsageSerializer(serializers.Serializer[Any]):
    time = serializers.FloatField(allow_null=True, help_text="Seconds from the request to the end.")
    ttft = serializers.FloatField(allow_null=True, help_text="Seconds to the first token.")
    tokens = serializers.IntegerField(allow_null=True, help_text="The same as `output_tokens`.")
    input_tokens = serializers.IntegerField(allow_null=True)
    output_tokens = serializers.IntegerField(allow_null=True)
    reasoning_tokens = serializers.IntegerField(allow_null=True)
    cached_input_tokens = serializers.IntegerField(allow_null=True)
    usage_source = serializers.ChoiceField(["provider", "estimate"], allow_null=True)
    tokens_per_second = serializers.FloatField(allow_null=True)
    cost = serializers.CharField(allow_null=True, help_text="US dollars as a decimal string.")
    cost_source = serializers.ChoiceField(["provider", "estimate"], allow_null=True)
    finish_reason = serializers.CharField(allow_null=True)
    answered_by = ModelSerializer(
        allow_null=True, help_text="The fallback model, if it answered instead of the chosen one."
    )
    adjustments = AdjustmentSerializer(many=True)


class FailureSerializer(serializers.Serializer[Any]):
    """The error of an answer that did not complete; left out if it did."""

    code = serializers.ChoiceField([code.value for code in ErrorCode], required=False)
    error = serializers.CharField(required=False, help_text="A sentence for people.")
    vendor_message = serializers.CharField(
        required=False, allow_null=True, help_text="What the vendor said, as plain text without secrets."
    )
    retryable = serializers.BooleanField(required=False)


class StatusField(serializers.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Generation.Status.values, **kwargs)
