"""Import of answers, as generations."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings

from account_data.imports.reader import Part, is_time
from accounts.models import User
from generations.fields import StoredParametersSerializer, without_none
from generations.models import Generation
from providers import model_ref
from providers.adapters.base import ErrorCode
from providers.adapters.vendor_messages import MAX_LENGTH

ENDS = [status.value for status in Generation.Status if status not in Generation.OPEN]
ERROR_CODES = ["", *(code.value for code in ErrorCode)]
USAGE_SOURCES = ["", "provider", "estimate"]
MOST_ATTEMPTS = 1_000
TOKENS = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_input_tokens")
COST_DECIMALS = 8
MOST_TEXTS = 10
LONGEST_SETTING = 200
MOST_COST = 1_000_000


def read_answer(part: Part, user: User) -> Generation:
    """Return an ended answer, not saved yet and in no run. It has no key source, because it was paid for elsewhere."""
    no_adjustments: list[dict[str, Any]] = []
    return Generation(
        public_id=part.own_id("answer"),
        user=user,
        provider=part.non_empty("provider", 64),
        model=part.non_empty("model", 200),
        parameters=read_parameters(part),
        status=part.choice("status", ENDS),
        attempt=part.integer("attempt", 1, MOST_ATTEMPTS),
        past_attempts=[_past_attempt(each) for each in part.parts("past_attempts", MOST_ATTEMPTS)],
        text=part.text("text", settings.MAX_ANSWER_CHARACTERS),
        reasoning=part.text("reasoning", settings.MAX_ANSWER_CHARACTERS),
        timeline=_timeline(part),
        error_code=part.choice("error_code", ERROR_CODES),
        error=part.text("error", 500),
        vendor_message=part.optional("vendor_message", lambda name: part.text(name, MAX_LENGTH), ""),
        retryable=part.boolean("retryable"),
        finish_reason=part.text("finish_reason", 20),
        time=part.nullable("time", part.seconds),
        ttft=part.nullable("ttft", part.seconds),
        **{name: part.nullable(name, part.integer) for name in TOKENS},
        answered_by=part.optional("answered_by", lambda name: part.text(name, model_ref.MAX_LENGTH), ""),
        adjustments=part.optional("adjustments", lambda name: _adjustments(part, name), no_adjustments),
        usage_source=part.choice("usage_source", USAGE_SOURCES),
        cost=_cost(part),
        cost_source=part.optional("cost_source", lambda name: part.choice(name, USAGE_SOURCES), ""),
        created_at=part.timestamp("created_at"),
        queued_at=part.timestamp("queued_at"),
        ended_at=part.nullable("ended_at", part.timestamp),
    )


def read_parameters(part: Part) -> dict[str, Any]:
    """Return the parameters in the form in which they are stored."""
    stored = part.raw("parameters")
    if stored == {}:
        return {}
    serializer = StoredParametersSerializer(data=stored)
    if not serializer.is_valid():
        part.refuse("parameters", "has values that no model accepts")
    return without_none(serializer.validated_data)


def _adjustments(part: Part, name: str) -> list[dict[str, Any]]:
    return [_adjustment(each) for each in part.parts(name)]


def _adjustment(part: Part) -> dict[str, Any]:
    return {
        "parameter": part.non_empty("parameter", 40),
        "asked": _setting(part, "asked"),
        "sent": part.nullable("sent", lambda name: _setting(part, name)),
        "reason": part.text("reason", 300),
    }


def _setting(part: Part, name: str) -> Any:
    """Return the value of a setting: a number, a text or a list of texts."""
    value = part.raw(name)
    texts = value if isinstance(value, list) else [value]
    if len(texts) > MOST_TEXTS or not all(isinstance(each, int | float | str) and _is_short(each) for each in texts):
        part.refuse(name, "has to be a number, a string or a list of strings")
    return value


def _is_short(value: float | str) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_SETTING and "\x00" not in value
    return math.isfinite(value)


def _past_attempt(part: Part) -> dict[str, Any]:
    cost = _cost(part)
    ended_at = part.nullable("ended_at", part.timestamp)
    return {
        "attempt": part.integer("attempt", 1, MOST_ATTEMPTS),
        "status": part.choice("status", ENDS),
        "error_code": part.choice("error_code", ERROR_CODES),
        "text": part.text("text", settings.MAX_ANSWER_CHARACTERS),
        **{name: part.nullable(name, part.integer) for name in ("input_tokens", "output_tokens")},
        "cost": None if cost is None else str(cost),
        "ended_at": None if ended_at is None else ended_at.isoformat(),
    }


def _timeline(part: Part) -> list[list[float]]:
    pairs = part.values("timeline")
    for index, pair in enumerate(pairs):
        match pair:
            case [int(offset), seconds] if 0 <= offset <= settings.MAX_ANSWER_CHARACTERS and is_time(seconds):
                continue
        part.refuse(f"timeline[{index}]", "has to be a pair of an offset and a number of seconds")
    return pairs


def _cost(part: Part) -> Decimal | None:
    """Return US dollars from a decimal string; refuses amounts that the database column cannot hold."""
    text = part.nullable("cost", lambda name: part.text(name, 20))
    if text is None:
        return None
    try:
        cost = Decimal(text)
    except InvalidOperation:
        cost = Decimal("nan")
    exponent = cost.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -COST_DECIMALS or not 0 <= cost < MOST_COST:
        part.refuse("cost", "has to be an amount like 0.001230")
    return cost
