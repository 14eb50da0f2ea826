"""The cost of an answer: by the table of prices, by what the provider lists, or by what the operator has set."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings

from providers.adapters.base import ListedModel, Usage
from providers.model_ref import ModelRef
from providers.prices import list_price, price

MILLION = 1_000_000


def cost_of(model: ModelRef, listed: ListedModel, usage: Usage) -> Decimal | None:
    """Return the cost of a call in dollars, None if no price is known.

    The table of prices knows tiers and caches. The provider's list counts if it states another price than the table.
    """
    if _is_listed(listed) and not _agrees(listed, model):
        return _flat(listed, usage)
    known = price(*model, usage)
    if known is None and settings.UNKNOWN_MODEL_PRICE is not None:
        return Decimal(settings.UNKNOWN_MODEL_PRICE) * (usage.input_tokens + usage.output_tokens) / MILLION
    return known


def _is_listed(listed: ListedModel) -> bool:
    return listed.input_price is not None or listed.output_price is not None


def _agrees(listed: ListedModel, model: ModelRef) -> bool:
    known = list_price(*model)
    return (known.input, known.output) == (listed.input_price, listed.output_price)


def _flat(listed: ListedModel, usage: Usage) -> Decimal:
    in_dollars = (listed.input_price or 0) * usage.input_tokens + (listed.output_price or 0) * usage.output_tokens
    return Decimal(in_dollars) / MILLION
