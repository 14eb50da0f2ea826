"""The bodies in which sets and templates are kept, checked once for pages and API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from core.api.validation import validated
from generations.fields import (
    LIST_ERRORS,
    MAX_ENTRIES,
    TIERS,
    FilledField,
    ParametersSerializer,
    PromptField,
    TextField,
    WordField,
)
from presets.models import Preset, PromptTemplate
from presets.services import variables

NAME_LENGTH = 80


class NameField(FilledField):
    """What a person calls something."""

    def __init__(self, **kwargs: Any) -> None:
        missing = "Give it a name first."
        errors = {"blank": missing, "required": missing, "null": missing}
        super().__init__(max_length=NAME_LENGTH, error_messages=errors, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return " ".join(super().to_internal_value(data).split())


class ChosenModelSerializer(serializers.Serializer[Any]):
    provider = TextField(max_length=64)
    model = FilledField(max_length=200)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and data.get("parameters"):
            raise serializers.ValidationError({"parameters": ["A set has the same parameters for all of its models."]})
        return super().to_internal_value(data)


class PresetSerializer(serializers.Serializer[Any]):
    name = NameField()
    providers = serializers.ListField(
        child=ChosenModelSerializer(),
        min_length=1,
        max_length=MAX_ENTRIES,
        error_messages=LIST_ERRORS,
    )
    system = PromptField(what="system prompt", required=False, allow_blank=True, allow_null=True)
    tier = WordField(TIERS, required=False, allow_null=True)
    parameters = ParametersSerializer(required=False)


class PromptTemplateSerializer(serializers.Serializer[Any]):
    name = NameField()
    text = PromptField(what="prompt")


def checked_preset(body: Any) -> tuple[str, dict[str, Any]]:
    """Name and data of a whole set; raises InvalidInput."""
    checked = validated(PresetSerializer, body)
    given = checked.get("parameters") or {}
    data = {
        "providers": [dict(entry) for entry in checked["providers"]],
        "system": checked.get("system") or "",
        "tier": checked.get("tier"),
        "parameters": {name: value for name, value in given.items() if value is not None},
    }
    return checked["name"], data


def changed_preset(preset: Preset, body: Any) -> tuple[str, dict[str, Any]]:
    """The same of a set in which ``body`` says what is to become different."""
    return checked_preset({"name": preset.name, **preset.data, **body})


def checked_template(body: Any) -> dict[str, str]:
    """Name and text of a whole template; raises InvalidInput."""
    return validated(PromptTemplateSerializer, body)


def changed_template(template: PromptTemplate, body: Any) -> dict[str, str]:
    """The same of a template in which ``body`` says what is to become different."""
    return checked_template({"name": template.name, "text": template.text, **body})


def preset_json(preset: Preset) -> dict[str, Any]:
    """A set in the API: its name and what can be posted as a comparison's body once a prompt is added."""
    return {**_named(preset), **preset.data}


def template_json(template: PromptTemplate) -> dict[str, Any]:
    """A template in the API, with the names of its variables."""
    return {**_named(template), "text": template.text, "variables": variables(template.text)}


def _named(item: Preset | PromptTemplate) -> dict[str, Any]:
    return {"id": str(item.public_id), "name": item.name, "created_at": item.created_at}
