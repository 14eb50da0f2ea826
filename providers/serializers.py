"""Serializers of the keys' and models' API. They check types and lengths; services check the rest."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.api.fields import StringField
from providers.catalogue import CatalogueModel
from providers.models import MAX_MODEL_LENGTH
from providers.selectors import Access


class KeySerializer(serializers.Serializer[Any]):
    provider = serializers.CharField()
    source = serializers.ChoiceField(choices=["user", "server"], allow_null=True)  # type: ignore[assignment]
    hint = serializers.CharField(allow_null=True, help_text="The end of your own key, as in “…abcd”.")
    updated_at = serializers.DateTimeField(allow_null=True)
    name = serializers.CharField()
    base_url = serializers.CharField(allow_null=True, help_text="The base URL that you set, if any.")

    def to_representation(self, instance: Access) -> dict[str, Any]:
        own = instance.key
        return {
            "provider": instance.provider,
            "source": instance.key_source,
            "hint": (own.hint or None) if own else None,
            "updated_at": own.updated_at if own else None,
            "name": instance.info.label,
            "base_url": (own.base_url or None) if own else None,
        }


class NewKeySerializer(serializers.Serializer[Any]):
    api_key = StringField(
        max_length=2000, allow_blank=True, write_only=True, help_text="Empty only for a local server."
    )
    base_url = StringField(max_length=2000, allow_blank=True, required=False, default="")


class KeyTestSerializer(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
    message = serializers.CharField()
    code = serializers.CharField(allow_null=True)
    vendor_message = serializers.CharField(allow_null=True, help_text="What the vendor said if it refused.")


class RefreshModelsSerializer(serializers.Serializer[Any]):
    provider = StringField(max_length=64)


class CatalogueModelSerializer(serializers.Serializer[Any]):
    provider = serializers.CharField()
    model = serializers.CharField(max_length=MAX_MODEL_LENGTH)
    label = serializers.CharField()  # type: ignore[assignment]
    color = serializers.CharField()
    context_window = serializers.IntegerField(allow_null=True)
    input_price = serializers.CharField(allow_null=True, help_text="Dollars per million tokens.")
    output_price = serializers.CharField(allow_null=True, help_text="Dollars per million tokens.")
    reasoning = serializers.BooleanField()
    vision = serializers.BooleanField()
    available = serializers.BooleanField()
    reason = serializers.CharField(required=False, help_text="Why it is not available.")

    def to_representation(self, instance: CatalogueModel) -> dict[str, Any]:
        """Return the fields by hand, because there can be many hundreds of models."""
        shown = {name: getattr(instance, name) for name in PLAIN}
        shown |= {"input_price": _dollars(instance.input_price), "output_price": _dollars(instance.output_price)}
        return shown if instance.available else {**shown, "reason": instance.reason}


PLAIN = ("provider", "model", "label", "color", "context_window", "reasoning", "vision", "available")


def _dollars(price: Decimal | None) -> str | None:
    return None if price is None else f"{price:f}"
