"""Prices and context windows of models, from the table inside genai-prices, and windows that it lacks; no network and
no database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, lru_cache

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices

from providers.adapters.base import Usage
from providers.adapters.capabilities import model_name
from providers.kinds import KINDS

FREE = Decimal(0)
# Searched in a model's name; the first that matches counts.
_WINDOWS = [
    (re.compile(pattern), window)
    for pattern, window in (
        (r"^gemini-.*(image|tts|live)", None),
        (r"^gemini-(2\.5|[3-9])", 1_048_576),
        (r"\bglm-5[.p-][2-9]|^deepseek-v4[.p-]1-flash|^mistral-large-4", 1_000_000),
        (r"\bglm-4[.p]5v", 64_000),
        (r"\bglm-4[.p](5|6v)", 128_000),
        (r"\bglm-(5|4[.p]6)", 200_000),
        (r"^command-a-(plus|vision)|^command-r7b", 128_000),
        (r"^command-a-", 256_000),
    )
]


@dataclass(frozen=True, slots=True)
class ListPrice:
    """A model's price in dollars per million tokens; None if unknown. Long prompts may cost more."""

    input: Decimal | None = None
    output: Decimal | None = None


def price(provider: str, model: str, usage: Usage) -> Decimal | None:
    """Return the cost of a call in dollars: 0 for the demo and local servers, None if the price is unknown."""
    if is_free(provider):
        return FREE
    vendor, info = price_vendor(provider), model_info(provider, model)
    if vendor is None or info is None or not _is_priced(_current(info)):
        return None
    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=min(usage.cached_input_tokens, usage.input_tokens),
        cache_write_tokens=min(usage.cache_write_tokens, max(0, usage.input_tokens - usage.cached_input_tokens)),
        output_tokens=usage.output_tokens,
    )
    return info.calc_price(counted, vendor).total_price


def list_price(provider: str, model: str) -> ListPrice:
    """Return the price at this moment; some vendors' prices depend on the hour."""
    if is_free(provider):
        return ListPrice(FREE, FREE)
    info = model_info(provider, model)
    if info is None:
        return ListPrice()
    prices = _current(info)
    return ListPrice(_base(prices, "input_mtok"), _base(prices, "output_mtok"))


@lru_cache(maxsize=8192)
def context_window(provider: str, model: str) -> int | None:
    """Return the size of a model's context window in tokens; None if it is unknown."""
    info = model_info(provider, model)
    if info is not None and info.context_window is not None:
        return info.context_window
    name = model_name(model)
    return next((window for pattern, window in _WINDOWS if pattern.search(name)), None)


def is_free(provider: str) -> bool:
    """Return True for the demo and for local servers, which cost nothing."""
    return provider in KINDS and not KINDS[provider].needs_key


@cache
def price_vendor(provider: str) -> Provider | None:
    """Return the vendor's part of the table; None if it has none."""
    name = KINDS[provider].prices if provider in KINDS else ""
    return next((vendor for vendor in get_snapshot().providers if vendor.id == name), None)


@lru_cache(maxsize=8192)
def model_info(provider: str, model: str) -> ModelInfo | None:
    """Return a model's entry in the table, also by its vendor's other ids for it; None if it has none."""
    vendor = price_vendor(provider)
    return vendor.find_model(model) if vendor else None


def _current(info: ModelInfo) -> ModelPrice:
    return info.get_prices(datetime.now(UTC))


def _is_priced(prices: ModelPrice) -> bool:
    return _base(prices, "input_mtok") is not None or _base(prices, "output_mtok") is not None


def _base(prices: ModelPrice, unit: str) -> Decimal | None:
    value = getattr(prices, unit, None)
    return value.base if isinstance(value, TieredPrices) else value
