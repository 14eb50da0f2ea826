"""Model references: a provider and the id by which it knows a model."""

from __future__ import annotations

from typing import NamedTuple

MAX_LENGTH = 265
"""A provider's slug (64), a slash, and a model's id (200)."""


class ModelRef(NamedTuple):
    """A provider's slug and a model's id, written as "provider/model"."""

    provider: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"

    @classmethod
    def parse(cls, text: str) -> ModelRef:
        """Split "provider/model" at its first slash, since a model's id may contain slashes of its own."""
        provider, _, model = text.partition("/")
        return cls(provider, model)


def model_ref_json(text: str) -> dict[str, str] | None:
    """Return ``{"provider", "model"}`` for a stored "provider/model", None for an empty string."""
    return ModelRef.parse(text)._asdict() if text else None
