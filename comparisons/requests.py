"""What may be asked for: the body of a comparison, checked once for every door."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from rest_framework import serializers

from providers.adapters.base import Parameters

MAX_ENTRIES = 8
TITLE_LENGTH = 200
TIERS = {"brief": 400, "standard": 1500, "extended": 6000}
"""Named answer lengths, in output tokens."""
EFFORTS = ["minimal", "low", "medium", "high"]
LIST_ERRORS: dict[str, Any] = {
    "min_length": "Choose at least one model.",
    "max_length": f"At most {MAX_ENTRIES} models can be compared at once.",
    "required": "Choose at least one model.",
    "not_a_list": "This has to be a list of models, each with its provider.",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One slot that is asked for."""

    provider: str
    model: str
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """A checked request for a comparison."""

    prompt: str
    system: str
    entries: tuple[Entry, ...]


class TextField(serializers.CharField):
    """A string; unlike REST framework's own it takes no number for one, and keeps white space as it is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class FilledField(TextField):
    """A string of more than white space."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not text.strip() and not self.allow_blank:
            self.fail("blank")
        return text


class PromptField(FilledField):
    """What a person says: not blank, and within the installation's limit."""

    def __init__(self, *, what: str = "prompt", **kwargs: Any) -> None:
        self.what = what
        blank = f"Write a {what} first."
        super().__init__(error_messages={"blank": blank, "required": blank, "null": blank}, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if len(text) > settings.MAX_PROMPT_CHARACTERS:
            limit = settings.MAX_PROMPT_CHARACTERS
            raise serializers.ValidationError(
                f"The {self.what} has {len(text):,} characters; at most {limit:,} are possible here."
            )
        return text


class StrictIntegerField(serializers.IntegerField):
    """A whole number that was written as one."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class StrictFloatField(serializers.FloatField):
    """A number that was written as one."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return float(super().to_internal_value(data))


class WordField(serializers.ChoiceField):
    """One of a few words."""

    def __init__(self, words: Iterable[str], **kwargs: Any) -> None:
        sentence = f"This has to be one of: {', '.join(words)}."
        super().__init__(list(words), error_messages={"invalid_choice": sentence}, **kwargs)


class ParametersSerializer(serializers.Serializer[Parameters]):
    temperature = StrictFloatField(required=False, allow_null=True, min_value=0, max_value=2)
    top_p = StrictFloatField(required=False, allow_null=True, min_value=0, max_value=1)
    max_tokens = StrictIntegerField(required=False, allow_null=True, min_value=1, max_value=1_000_000)
    stop = serializers.ListField(child=TextField(max_length=200), required=False, allow_null=True, max_length=4)
    seed = StrictIntegerField(required=False, allow_null=True, min_value=-(2**31), max_value=2**31 - 1)
    reasoning_effort = WordField(EFFORTS, required=False, allow_null=True)


class EntrySerializer(serializers.Serializer[Entry]):
    provider = TextField(max_length=64)
    model = FilledField(max_length=200)
    parameters = ParametersSerializer(required=False)


class CompareSerializer(serializers.Serializer[CompareRequest]):
    prompt = PromptField()
    system = PromptField(what="system prompt", required=False, allow_blank=True, allow_null=True)
    tier = WordField(TIERS, required=False, allow_null=True)
    providers = serializers.ListField(
        child=EntrySerializer(),
        min_length=1,
        max_length=MAX_ENTRIES,
        error_messages=LIST_ERRORS,
    )
    parameters = ParametersSerializer(required=False)
    stream = serializers.BooleanField(required=False)
    blind = serializers.BooleanField(required=False)

    def validate_blind(self, value: bool) -> bool:
        if value:
            raise serializers.ValidationError("Blind comparisons are not available yet. Leave blind out.")
        return value


class TurnSerializer(serializers.Serializer[dict[str, str]]):
    prompt = PromptField()


def compare_request(data: Any) -> CompareRequest:
    """Check a decoded body; raises REST framework's ValidationError."""
    serializer = CompareSerializer(data=data)
    serializer.is_valid(raise_exception=True)
    checked: dict[str, Any] = serializer.validated_data
    shared = _given(checked.get("parameters"))
    if checked.get("tier"):
        shared.setdefault("max_tokens", TIERS[checked["tier"]])
    entries = (
        Entry(entry["provider"], entry["model"], _parameters({**shared, **_given(entry.get("parameters"))}))
        for entry in checked["providers"]
    )
    return CompareRequest(prompt=checked["prompt"], system=checked.get("system") or "", entries=tuple(entries))


def turn_prompt(data: Any) -> str:
    """Check the body of a further turn; raises REST framework's ValidationError."""
    serializer = TurnSerializer(data=data)
    serializer.is_valid(raise_exception=True)
    return str(serializer.validated_data["prompt"])


def _given(parameters: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (parameters or {}).items() if value is not None}


def _parameters(given: dict[str, Any]) -> Parameters:
    return Parameters(**{**given, "stop": tuple(given.get("stop", ()))})
