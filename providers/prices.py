"""Prices and context windows of models, from the table inside genai-prices; no network and no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, lru_cache

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices

from providers.adapters.base import Usage
from providers.kinds import KINDS

FREE = Decimal(0)


@dataclass(frozen=True, slots=True)
class ListPrice:
    """Dollars per million tokens; None if unknown. Long prompts may cost more."""

    input: Decimal | None = None
    output: Decimal | None = None


def price(provider: str, model: str, usage: Usage) -> Decimal | None:
    """Return a call's cost in dollars: 0 for the demo and local servers, None if the price is unknown."""
    if is_free(provider):
        return FREE
    vendor, info = price_vendor(provider), model_info(provider, model)
    if vendor is None or info is None or not _is_priced(_current(info)):
        return None
    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=min(usage.cached_input_tokens, usage.input_tokens),
        output_tokens=usage.output_tokens,
    )
    return info.calc_price(counted, vendor).total_price


def list_price(provider: str, model: str) -> ListPrice:
    """Return today's price, or this hour's if the price depends on that."""
    if is_free(provider):
        return ListPrice(FREE, FREE)
    info = model_info(provider, model)
    if info is None:
        return ListPrice()
    prices = _current(info)
    return ListPrice(_base(prices, "input_mtok"), _base(prices, "output_mtok"))


def context_window(provider: str, model: str) -> int | None:
    """Return the size in tokens; None if it is unknown."""
    info = model_info(provider, model)
    return info.context_window if info else None


def is_free(provider: str) -> bool:
    """Return True if nobody sends a bill: for the demo, and for servers on the user's own machines."""
    return provider in KINDS and not KINDS[provider].needs_key


@cache
def price_vendor(provider: str) -> Provider | None:
    """Return this kind's part of the table."""
    name = KINDS[provider].prices if provider in KINDS else ""
    return next((vendor for vendor in get_snapshot().providers if vendor.id == name), None)


@lru_cache(maxsize=8192)
def model_info(provider: str, model: str) -> ModelInfo | None:
    """Return the entry of a model, also by the other ids that its vendor gives it."""
    vendor = price_vendor(provider)
    return vendor.find_model(model) if vendor else None


def _current(info: ModelInfo) -> ModelPrice:
    return info.get_prices(datetime.now(UTC))


def _is_priced(prices: ModelPrice) -> bool:
    return _base(prices, "input_mtok") is not None or _base(prices, "output_mtok") is not None


def _base(prices: ModelPrice, unit: str) -> Decimal | None:
    value = getattr(prices, unit, None)
    return value.base if isinstance(value, TieredPrices) else value
