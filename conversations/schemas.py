"""What may be asked for in a chat: bodies, checked once for every door."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from core.api.fields import FlagField, IdField
from core.api.validation import validated
from generations.fields import (
    FallbackSerializer,
    FilledField,
    ParametersSerializer,
    PromptField,
    TextField,
    fallback_ref,
    given,
)
from images.fields import ImagesField


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A checked request for an answer. What is None stays as the conversation has it.

    ``message`` goes behind what is shown, or stands beside the prompt ``edit_of``; without a message the answer
    ``regenerate`` is asked for once more. ``parameters`` are as they are stored; an edited prompt keeps its images
    where ``images`` is None.
    """

    message: str
    conversation_id: uuid.UUID | None = None
    provider: str | None = None
    model: str | None = None
    fallback: str | None = None
    system: str | None = None
    parameters: dict[str, Any] | None = None
    edit_of: uuid.UUID | None = None
    regenerate: uuid.UUID | None = None
    images: tuple[uuid.UUID, ...] | None = None


class SettingsSerializer(serializers.Serializer[Any]):
    """Who answers next, and how it is asked."""

    provider = TextField(max_length=64, required=False, allow_null=True)
    model = FilledField(max_length=200, required=False, allow_null=True)
    fallback = FallbackSerializer(required=False, allow_null=True)
    system = PromptField(what="system prompt", required=False, allow_blank=True, allow_null=True)
    parameters = ParametersSerializer(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs.get("provider") is None) != (attrs.get("model") is None):
            raise serializers.ValidationError("Name a provider and its model, or neither.")
        return attrs


class ChatSerializer(SettingsSerializer):
    """The body of an answer in a chat."""

    conversation_id = IdField(required=False, allow_null=True)
    message = PromptField(what="message", required=False)
    images = ImagesField(required=False, allow_null=True)
    edit_of = IdField(required=False, allow_null=True)
    regenerate = IdField(required=False, allow_null=True)
    stream = FlagField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        super().validate(attrs)
        again, edit = attrs.get("regenerate"), attrs.get("edit_of")
        if again is None and "message" not in attrs:
            raise serializers.ValidationError({"message": ["Write a message first."]})
        if again is not None and ("message" in attrs or edit is not None):
            raise serializers.ValidationError({"regenerate": ["Send either a message or regenerate."]})
        if again is not None and attrs.get("images") is not None:
            raise serializers.ValidationError({"images": ["An answer is asked for again with the images it had."]})
        if attrs.get("conversation_id") is None:
            self._check_new(attrs)
        return attrs

    def _check_new(self, attrs: dict[str, Any]) -> None:
        if attrs.get("regenerate") is not None or attrs.get("edit_of") is not None:
            raise serializers.ValidationError({"conversation_id": ["Say which conversation this message is in."]})
        if attrs.get("provider") is None:
            raise serializers.ValidationError({"model": ["Choose a model first."]})


EXAMPLE = OpenApiExample(
    "A new chat",
    {"message": "What is a monad?", "provider": "demo", "model": "demo-swift", "parameters": {"max_tokens": 20}},
    request_only=True,
)


def chat_request(body: Any) -> ChatRequest:
    """Check a decoded body; raises InvalidInput."""
    checked = validated(ChatSerializer, body)
    return ChatRequest(
        message=checked.get("message", ""),
        parameters=_stored(checked),
        fallback=fallback_ref(checked["fallback"]) if "fallback" in checked else None,
        images=None if checked.get("images") is None else tuple(checked["images"]),
        **{
            name: checked.get(name)
            for name in ("conversation_id", "provider", "model", "system", "edit_of", "regenerate")
        },
    )


def chat_settings(body: Any) -> dict[str, Any]:
    """Those of provider, model, fallback, system and parameters that ``body`` names, as a conversation stores them."""
    checked = validated(SettingsSerializer, body)
    settings = {name: checked.get(name) for name in ("provider", "model", "system")}
    if "fallback" in checked:
        settings["fallback"] = fallback_ref(checked["fallback"])
    return {name: value for name, value in {**settings, "parameters": _stored(checked)}.items() if value is not None}


def _stored(checked: dict[str, Any]) -> dict[str, Any] | None:
    parameters = checked.get("parameters")
    return None if parameters is None else given(parameters)
