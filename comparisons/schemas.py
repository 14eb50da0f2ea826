"""What may be asked for: the body of a comparison, checked once for every door."""

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
    LIST_ERRORS,
    MAX_ENTRIES,
    TIERS,
    FallbackSerializer,
    FilledField,
    ParametersSerializer,
    PromptField,
    TextField,
    WordField,
    fallback_ref,
    given,
)
from generations.stored_request import decode_parameters
from images.fields import ImagesField
from providers.adapters.base import Parameters


@dataclass(frozen=True, slots=True)
class Entry:
    """One slot that is asked for, and the "provider/model" that is to answer where that one cannot."""

    provider: str
    model: str
    parameters: Parameters
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """A checked request for a comparison. All its columns begin with what the chat ``conversation_id`` shows; nobody
    waits for the answers of ``batch`` work."""

    prompt: str
    system: str
    entries: tuple[Entry, ...]
    conversation_id: uuid.UUID | None = None
    images: tuple[uuid.UUID, ...] = ()
    batch: bool = False


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """A checked request for a further turn."""

    prompt: str
    images: tuple[uuid.UUID, ...] = ()
    batch: bool = False


class EntrySerializer(serializers.Serializer[Entry]):
    provider = TextField(max_length=64)
    model = FilledField(max_length=200)
    parameters = ParametersSerializer(required=False)
    fallback = FallbackSerializer(required=False, allow_null=True)


class CompareSerializer(serializers.Serializer[CompareRequest]):
    prompt = PromptField()
    images = ImagesField(required=False, allow_null=True)
    system = PromptField(what="system prompt", required=False, allow_blank=True, allow_null=True)
    tier = WordField(TIERS, required=False, allow_null=True)
    providers = serializers.ListField(
        child=EntrySerializer(),
        min_length=1,
        max_length=MAX_ENTRIES,
        error_messages=LIST_ERRORS,
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
    """The query of a further turn."""

    stream = serializers.BooleanField(default=False, help_text="Answer with the stream.")


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
    shared = given(checked.get("parameters"))
    if checked.get("tier"):
        shared.setdefault("max_tokens", TIERS[checked["tier"]])
    entries = (
        Entry(
            provider=entry["provider"],
            model=entry["model"],
            parameters=decode_parameters({**shared, **given(entry.get("parameters"))}),
            fallback=fallback_ref(entry.get("fallback")),
        )
        for entry in checked["providers"]
    )
    return CompareRequest(
        prompt=checked["prompt"],
        system=checked.get("system") or "",
        entries=tuple(entries),
        conversation_id=checked.get("conversation_id"),
        images=tuple(checked.get("images") or ()),
        batch=checked.get("batch", False),
    )


def streams(query: QueryDict) -> bool:
    """Whether a further turn is to be streamed; raises InvalidInput."""
    return bool(validated(StreamSerializer, query.dict())["stream"])


def turn_request(data: Any) -> TurnRequest:
    """Check the body of a further turn; raises InvalidInput."""
    checked = validated(TurnSerializer, data)
    return TurnRequest(checked["prompt"], tuple(checked.get("images") or ()), checked.get("batch", False))
