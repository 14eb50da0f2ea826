"""Presets and prompt templates as the API returns them, for the OpenAPI document."""

from __future__ import annotations

from rest_framework import serializers

from presets.schemas import PresetSerializer, PromptTemplateSerializer


class SavedPresetSerializer(PresetSerializer):
    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()


class SavedPromptTemplateSerializer(PromptTemplateSerializer):
    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    variables = serializers.ListField(child=serializers.CharField(), help_text="The names of its places.")
