"""Serializer fields that the bodies of chats, comparisons and presets share, with their error sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from rest_framework import serializers

from core.api.fields import StringField
from core.api.validation import validated
from providers.adapters.base import Parameters
from providers.adapters.capabilities import ALL_EFFORTS
from providers.model_ref import ModelRef

TITLE_LENGTH = 200
MAX_MODELS = 8
"""Models that a comparison or a preset may have."""
TIERS = {"brief": 400, "standard": 1500, "extended": 6000}
"""Named lengths of an answer's text, in tokens; thinking comes on top."""
MODEL_LIST_ERRORS: dict[str, Any] = {
    "min_length": "Choose at least one model.",
    "max_length": f"At most {MAX_MODELS} models can be compared at once.",
    "required": "Choose at least one model.",
    "not_a_list": "This has to be a list of models, each with its provider.",
}


class TextField(StringField):
    """A string whose white space stays as it is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)


class FilledField(TextField):
    """A string of more than white space."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not text.strip() and not self.allow_blank:
            self.fail("blank")
        return text


class PromptField(FilledField):
    """A prompt or another long text of a user: not blank, and within the installation's limit.

    ``noun`` names it in error sentences.
    """

    def __init__(self, *, noun: str = "prompt", **kwargs: Any) -> None:
        self.noun = noun
        blank = f"Write a {noun} first."
        super().__init__(error_messages={"blank": blank, "required": blank, "null": blank}, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if len(text) > settings.MAX_PROMPT_CHARACTERS:
            limit = settings.MAX_PROMPT_CHARACTERS
            raise serializers.ValidationError(
                f"The {self.noun} has {len(text):,} characters; at most {limit:,} are allowed."
            )
        return text


class StrictIntegerField(serializers.IntegerField):
    """A JSON integer; strings and booleans are refused."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class StrictFloatField(serializers.FloatField):
    """A JSON number; strings and booleans are refused."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return float(super().to_internal_value(data))


class WordField(serializers.ChoiceField):
    """One of a few words, which the error sentence lists."""

    def __init__(self, words: Iterable[str], **kwargs: Any) -> None:
        sentence = f"This has to be one of: {', '.join(words)}."
        super().__init__(list(words), error_messages={"invalid_choice": sentence}, **kwargs)


class ParametersSerializer(serializers.Serializer[Parameters]):
    temperature = StrictFloatField(required=False, allow_null=True, min_value=0, max_value=2)
    top_p = StrictFloatField(required=False, allow_null=True, min_value=0, max_value=1)
    max_tokens = StrictIntegerField(required=False, allow_null=True, min_value=1, max_value=1_000_000)
    stop = serializers.ListField(child=TextField(max_length=200), required=False, allow_null=True, max_length=4)
    seed = StrictIntegerField(required=False, allow_null=True, min_value=-(2**31), max_value=2**31 - 1)
    reasoning_effort = WordField(ALL_EFFORTS, required=False, allow_null=True)


class StoredParametersSerializer(ParametersSerializer):
    """Parameters as they are stored: a tier is the length of the text."""

    text_tokens = StrictIntegerField(required=False, allow_null=True, min_value=1, max_value=1_000_000)


class TitleSerializer(serializers.Serializer[dict[str, str]]):
    title = FilledField(
        max_length=TITLE_LENGTH,
        error_messages={
            **dict.fromkeys(("blank", "required", "null"), "Write a title first."),
            "max_length": f"A title has at most {TITLE_LENGTH} characters. Shorten it.",
        },
    )


def checked_title(data: Any) -> str:
    """Return a checked title with its white space folded; raises InvalidInput."""
    return " ".join(str(validated(TitleSerializer, data)["title"]).split())


def without_none(values: dict[str, Any] | None) -> dict[str, Any]:
    """Return the values that were set; null in a body means the same as leaving a field out."""
    return {name: value for name, value in (values or {}).items() if value is not None}


class ModelRefSerializer(serializers.Serializer[Any]):
    provider = TextField(max_length=64)
    model = FilledField(max_length=200)


class FallbackSerializer(ModelRefSerializer):
    """The model that answers if the chosen one cannot."""


def fallback_ref(checked: dict[str, str] | None) -> str:
    """Return a checked fallback as it is stored: "provider/model", or an empty string for none."""
    return "" if checked is None else str(ModelRef(**checked))
