"""Request bodies and JSON of presets and prompt templates, shared by the pages and the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from core.api.validation import validated
from generations.fields import (
    MAX_MODELS,
    MODEL_LIST_ERRORS,
    TIERS,
    FilledField,
    ModelRefSerializer,
    ParametersSerializer,
    PromptField,
    WordField,
    without_none,
)
from presets.models import NAME_LENGTH, Preset, PromptTemplate
from presets.services import variables


class NameField(FilledField):
    """The name of a preset or a template, with its white space folded."""

    def __init__(self, **kwargs: Any) -> None:
        missing = "Give it a name first."
        errors = {"blank": missing, "required": missing, "null": missing}
        super().__init__(max_length=NAME_LENGTH, error_messages=errors, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return " ".join(super().to_internal_value(data).split())


class ChosenModelSerializer(ModelRefSerializer):
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and data.get("parameters"):
            raise serializers.ValidationError({"parameters": ["A set has the same parameters for all of its models."]})
        return super().to_internal_value(data)


class PresetSerializer(serializers.Serializer[Any]):
    name = NameField()
    providers = serializers.ListField(
        child=ChosenModelSerializer(),
        min_length=1,
        max_length=MAX_MODELS,
        error_messages=MODEL_LIST_ERRORS,
    )
    system = PromptField(noun="system prompt", required=False, allow_blank=True, allow_null=True)
    tier = WordField(TIERS, required=False, allow_null=True)
    parameters = ParametersSerializer(required=False)


class PromptTemplateSerializer(serializers.Serializer[Any]):
    name = NameField()
    text = PromptField(noun="prompt")


def checked_preset(body: Any) -> tuple[str, dict[str, Any]]:
    """Return the name and the data of a complete preset; raises InvalidInput."""
    checked = validated(PresetSerializer, body)
    data = {
        "providers": [dict(entry) for entry in checked["providers"]],
        "system": checked.get("system") or "",
        "tier": checked.get("tier"),
        "parameters": without_none(checked.get("parameters")),
    }
    return checked["name"], data


def changed_preset(preset: Preset, body: Any) -> tuple[str, dict[str, Any]]:
    """Return the name and the data of a preset with the changes in ``body``; raises InvalidInput."""
    return checked_preset({"name": preset.name, **preset.data, **body})


def checked_template(body: Any) -> dict[str, str]:
    """Return the name and the text of a complete template; raises InvalidInput."""
    return validated(PromptTemplateSerializer, body)


def changed_template(template: PromptTemplate, body: Any) -> dict[str, str]:
    """Return the name and the text of a template with the changes in ``body``; raises InvalidInput."""
    return checked_template({"name": template.name, "text": template.text, **body})


def preset_json(preset: Preset) -> dict[str, Any]:
    """Return the JSON of a preset; with a prompt added, it can be posted as the body of a comparison."""
    return {**_item_json(preset), **preset.data}


def template_json(template: PromptTemplate) -> dict[str, Any]:
    """Return the JSON of a template, with the names of its variables."""
    return {**_item_json(template), "text": template.text, "variables": variables(template.text)}


def _item_json(item: Preset | PromptTemplate) -> dict[str, Any]:
    return {"id": str(item.public_id), "name": item.name, "created_at": item.created_at}
