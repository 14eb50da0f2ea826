"""Shapes of presets and prompt templates in the OpenAPI document; ``presets.schemas`` builds them."""

from __future__ import annotations

from rest_framework import serializers

from presets.schemas import PresetSerializer, PromptTemplateSerializer


class SavedPresetSerializer(PresetSerializer):
    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()


class SavedPromptTemplateSerializer(PromptTemplateSerializer):
    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    variables = serializers.ListField(child=serializers.CharField(), help_text="The names of its variables, in order.")
