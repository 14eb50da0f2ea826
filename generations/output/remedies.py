"""The pages on which a user can mend what made an answer fail."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from generations.models import Generation
from providers.adapters.base import ErrorCode
from providers.kinds import KINDS
from providers.models import KeySource


@dataclass(frozen=True, slots=True)
class Remedy:
    """A link below an error; ``is_external`` is True for a page of the vendor."""

    label: str
    url: str
    is_external: bool = False


def remedy_for(generation: Generation) -> Remedy | None:
    """Return the page that helps against an error, None if trying again or another model is all that is left. With the
    server's key only its owner could mend anything at the vendor."""
    kind = KINDS.get(generation.provider)
    own_key = kind is not None and kind.key_url and generation.key_source == KeySource.USER
    match generation.error_code:
        case ErrorCode.NO_API_KEY | ErrorCode.INVALID_API_KEY if kind and generation.key_source != KeySource.SERVER:
            return Remedy("Open Keys", f"{reverse('providers:key-list')}#key-{kind.slug}")
        case ErrorCode.QUOTA_EXCEEDED if kind and own_key:
            if kind.billing_url:
                return Remedy(f"Open billing at {kind.label}", kind.billing_url, is_external=True)
            return Remedy(f"Open {kind.label}", kind.key_url, is_external=True)
        case ErrorCode.PERMISSION_DENIED if kind and own_key:
            return Remedy(f"Open {kind.label}", kind.key_url, is_external=True)
        case ErrorCode.MODEL_NOT_FOUND:
            return Remedy("See the models", f"{reverse('providers:model-list')}#models-{generation.provider}")
        case ErrorCode.OVER_BUDGET:
            return Remedy("See your usage", reverse("generations:usage"))
    return None
