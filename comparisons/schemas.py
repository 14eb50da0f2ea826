"""Request bodies of comparisons and their checks, shared by the pages, the API and the sockets."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from core.api.fields import FlagField, IdField
from core.api.validation import validated
from generations.fields import (
    MAX_MODELS,
    MODEL_LIST_ERRORS,
    TIERS,
    FallbackSerializer,
    ModelRefSerializer,
    ParametersSerializer,
    PromptField,
    WordField,
    fallback_ref,
    without_none,
)
from generations.stored_request import decode_parameters
from images.fields import ImagesField
from providers.adapters.base import Parameters


@dataclass(frozen=True, slots=True)
class CandidateRequest:
    """One model to compare, its parameters, and the "provider/model" that answers if it cannot."""

    provider: str
    model: str
    parameters: Parameters
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """A checked request for a comparison.

    If ``conversation_id`` is set, all columns begin with a copy of that chat's shown branch. ``batch`` marks answers
    that nobody waits for.
    """

    prompt: str
    system: str
    candidates: tuple[CandidateRequest, ...]
    conversation_id: uuid.UUID | None = None
    images: tuple[uuid.UUID, ...] = ()
    batch: bool = False


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """A checked request for another turn."""

    prompt: str
    images: tuple[uuid.UUID, ...] = ()
    batch: bool = False


class SlotRequestSerializer(ModelRefSerializer):
    parameters = ParametersSerializer(required=False)
    fallback = FallbackSerializer(required=False, allow_null=True)


class CompareSerializer(serializers.Serializer[CompareRequest]):
    prompt = PromptField()
    images = ImagesField(required=False, allow_null=True)
    system = PromptField(noun="system prompt", required=False, allow_blank=True, allow_null=True)
    tier = WordField(TIERS, required=False, allow_null=True)
    providers = serializers.ListField(
        child=SlotRequestSerializer(),
        min_length=1,
        max_length=MAX_MODELS,
        error_messages=MODEL_LIST_ERRORS,
    )
    parameters = ParametersSerializer(required=False)
    conversation_id = IdField(required=False, allow_null=True)
    stream = FlagField(required=False)
    batch = FlagField(required=False)
    blind = FlagField(required=False)

    def validate_blind(self, value: bool) -> bool:
        if value:
            raise serializers.ValidationError("Blind comparisons are not available yet. Leave blind out.")
        return value


class TurnSerializer(serializers.Serializer[TurnRequest]):
    prompt = PromptField()
    images = ImagesField(required=False, allow_null=True)
    batch = FlagField(required=False)


class StreamSerializer(serializers.Serializer[Any]):
    """The query string of a request for another turn."""

    stream = serializers.BooleanField(default=False, help_text="Respond with the stream.")


EXAMPLE = OpenApiExample(
    "Two demo models",
    {
        "prompt": "What is a monad?",
        "providers": [{"provider": "demo", "model": "demo-swift"}, {"provider": "demo", "model": "demo-thinker"}],
        "parameters": {"max_tokens": 20},
    },
    request_only=True,
)


def compare_request(data: Any) -> CompareRequest:
    """Check a decoded body; raises InvalidInput."""
    checked = validated(CompareSerializer, data)
    shared = without_none(checked.get("parameters"))
    if checked.get("tier"):
        shared["text_tokens"] = TIERS[checked["tier"]]
    candidates = (
        CandidateRequest(
            provider=entry["provider"],
            model=entry["model"],
            parameters=decode_parameters({**shared, **without_none(entry.get("parameters"))}),
            fallback=fallback_ref(entry.get("fallback")),
        )
        for entry in checked["providers"]
    )
    return CompareRequest(
        prompt=checked["prompt"],
        system=checked.get("system") or "",
        candidates=tuple(candidates),
        conversation_id=checked.get("conversation_id"),
        images=tuple(checked.get("images") or ()),
        batch=checked.get("batch", False),
    )


def wants_stream(query: QueryDict) -> bool:
    """Return True if another turn is to be streamed; raises InvalidInput."""
    return bool(validated(StreamSerializer, query.dict())["stream"])


def turn_request(data: Any) -> TurnRequest:
    """Check the decoded body of a request for another turn; raises InvalidInput."""
    checked = validated(TurnSerializer, data)
    return TurnRequest(checked["prompt"], tuple(checked.get("images") or ()), checked.get("batch", False))
