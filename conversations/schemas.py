"""Request bodies of chats and their checks, shared by the pages and the API."""

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
    without_none,
)
from images.fields import ImagesField

MAX_COPIED_MESSAGES = 5_000
"""The most messages that are copied at once, and that a conversation can have to be imported."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A checked request for an answer. A setting that is None stays as the conversation has it.

    ``message`` is appended to the shown branch, or becomes a sibling of the prompt ``edit_of``. With ``regenerate``, an
    answer's id, there is no message, and the answer gets a sibling. ``parameters`` have the form in which they are
    stored. An edited prompt keeps its images if ``images`` is None.
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
    """The model that answers next, and its settings."""

    provider = TextField(max_length=64, required=False, allow_null=True)
    model = FilledField(max_length=200, required=False, allow_null=True)
    fallback = FallbackSerializer(required=False, allow_null=True)
    system = PromptField(noun="system prompt", required=False, allow_blank=True, allow_null=True)
    parameters = ParametersSerializer(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs.get("provider") is None) != (attrs.get("model") is None):
            raise serializers.ValidationError("Send both a provider and a model, or neither.")
        return attrs


class ChatSerializer(SettingsSerializer):
    """A message, or an answer to regenerate, with the settings that are to change."""

    conversation_id = IdField(required=False, allow_null=True)
    message = PromptField(noun="message", required=False)
    images = ImagesField(required=False, allow_null=True)
    edit_of = IdField(required=False, allow_null=True)
    regenerate = IdField(required=False, allow_null=True)
    stream = FlagField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        super().validate(attrs)
        regenerate, edit_of = attrs.get("regenerate"), attrs.get("edit_of")
        if regenerate is None and "message" not in attrs:
            raise serializers.ValidationError({"message": ["Write a message first."]})
        if regenerate is not None and ("message" in attrs or edit_of is not None):
            raise serializers.ValidationError({"regenerate": ["Send either a message or regenerate, not both."]})
        if regenerate is not None and attrs.get("images") is not None:
            raise serializers.ValidationError({"images": ["Leave images out: a new answer uses the images it had."]})
        if attrs.get("conversation_id") is None:
            self._check_new(attrs)
        return attrs

    def _check_new(self, attrs: dict[str, Any]) -> None:
        if attrs.get("regenerate") is not None or attrs.get("edit_of") is not None:
            raise serializers.ValidationError({"conversation_id": ["Send the id of this message's conversation."]})
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
        parameters=_parameters(checked),
        fallback=fallback_ref(checked["fallback"]) if "fallback" in checked else None,
        images=None if checked.get("images") is None else tuple(checked["images"]),
        **{
            name: checked.get(name)
            for name in ("conversation_id", "provider", "model", "system", "edit_of", "regenerate")
        },
    )


def chat_settings(body: Any) -> dict[str, Any]:
    """Return the settings that ``body`` has, as a conversation stores them; raises InvalidInput."""
    checked = validated(SettingsSerializer, body)
    settings = {name: checked.get(name) for name in ("provider", "model", "system")}
    if "fallback" in checked:
        settings["fallback"] = fallback_ref(checked["fallback"])
    return without_none({**settings, "parameters": _parameters(checked)})


def _parameters(checked: dict[str, Any]) -> dict[str, Any] | None:
    parameters = checked.get("parameters")
    return None if parameters is None else without_none(parameters)
