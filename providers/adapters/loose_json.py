"""Readers of JSON whose shape nobody guarantees: what cannot be read is left out, and nothing is raised."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from providers.adapters.base import Usage

MAX_TOKEN_COUNT = 2**31 - 1
"""The largest count that a column of the database takes."""
MOST_DIGITS = 30
"""The most digits of a number before or behind its point."""
MOST_DOLLARS = 100_000
PARTS = ("reasoning_tokens", "cached_input_tokens", "cache_write_tokens")
TEXT_FIELDS = ("text", "thinking", "reasoning", "summary", "content", "refusal")
MAX_DEPTH = 5

Frame = dict[str, Any]


def frames_of(data: bytes) -> list[Frame] | None:
    """Return the JSON object in the data, or those of a list; None if it is neither.

    Bytes that are no UTF-8 become U+FFFD. Numbers such as NaN and halves of surrogate pairs, which JSON does not have,
    are read as well.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            value = json.loads(data.decode(errors="replace"), strict=False)
        except (ValueError, RecursionError):
            return None
    return [value] if value.__class__ is dict else mappings(value) or None


def dumped(value: Any) -> str:
    """Return JSON, also of strings that have halves of surrogate pairs."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value)


def mapping(value: Any) -> Frame:
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[Frame]:
    """Return the objects in a list, or an object by itself as the only one."""
    if isinstance(value, list):
        return [each for each in value if isinstance(each, dict)]
    return [value] if isinstance(value, dict) else []


def words(value: Any, depth: int = 0) -> str:
    """Return the text of a string, of an object that has some, or of a list of them."""
    if isinstance(value, str):
        return value
    if depth == MAX_DEPTH:
        return ""
    if isinstance(value, list):
        return "".join(words(each, depth + 1) for each in value)
    if isinstance(value, dict):
        return next((words(value[name], depth + 1) for name in TEXT_FIELDS if value.get(name)), "")
    return ""


def count(value: Any) -> int:
    """Return a number of tokens, 0 if none is given; raises ValueError for anything that is not one."""
    if value is None:
        return 0
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError(value)
    if not isinstance(value, int | float | str):
        raise ValueError(type(value))
    return int(value)


def _counts(usage: Usage) -> tuple[int, ...]:
    return usage.input_tokens, usage.output_tokens, *(getattr(usage, name) for name in PARTS)


def decimal(value: Any) -> Decimal | None:
    """Return a finite number, also of a string, None for anything that is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    # A huge exponent would become a huge text.
    return number if number.is_finite() and abs(number.adjusted()) <= MOST_DIGITS else None


def dollars(value: Any, units: int = 1) -> Decimal | None:
    """Return an amount of money that is given in so many units for a dollar, None for anything that is none."""
    amount = decimal(value)
    return amount / units if amount is not None and 0 <= amount / units < MOST_DOLLARS else None


def usage_of(read: Callable[[Frame], Usage], value: Any) -> Usage | None:
    """Return what ``read`` finds in an object of token counts; None if one of them is invalid, or all are 0."""
    try:
        usage = read(mapping(value))
    except (ValueError, OverflowError):
        return None
    is_valid = all(0 <= each <= MAX_TOKEN_COUNT for each in _counts(usage))
    return usage if is_valid and (usage.input_tokens or usage.output_tokens) else None
