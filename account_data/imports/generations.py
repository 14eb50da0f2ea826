"""Import of answers."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from account_data.imports.reader import LONGEST_TEXT, Part, is_time
from accounts.models import User
from generations.fields import ParametersSerializer, without_none
from generations.models import Generation
from providers import model_ref
from providers.adapters.base import ErrorCode

ENDS = [status.value for status in Generation.Status if status not in Generation.OPEN]
ERROR_CODES = ["", *(code.value for code in ErrorCode)]
USAGE_SOURCES = ["", "provider", "estimate"]
MOST_ATTEMPTS = 32_767
TOKENS = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_input_tokens")
COST_DECIMALS = 8
MOST_COST = 1_000_000


def read_answer(part: Part, user: User) -> Generation:
    """Return an answer that has ended, not saved yet and in no run. It has no key source: it was paid for elsewhere."""
    return Generation(
        public_id=part.own_id("answer"),
        user=user,
        provider=part.filled("provider", 64),
        model=part.filled("model", 200),
        parameters=read_parameters(part),
        status=part.word("status", ENDS),
        attempt=part.integer("attempt", 1, MOST_ATTEMPTS),
        past_attempts=[_past_attempt(each) for each in part.parts("past_attempts")],
        text=part.text("text"),
        reasoning=part.text("reasoning"),
        timeline=_timeline(part),
        error_code=part.word("error_code", ERROR_CODES),
        error=part.text("error", 500),
        retryable=part.flag("retryable"),
        finish_reason=part.text("finish_reason", 20),
        time=part.maybe("time", part.seconds),
        ttft=part.maybe("ttft", part.seconds),
        **{name: part.maybe(name, part.integer) for name in TOKENS},
        answered_by=part.later("answered_by", lambda name: part.text(name, model_ref.MAX_LENGTH), ""),
        usage_source=part.word("usage_source", USAGE_SOURCES),
        cost=_cost(part),
        created_at=part.moment("created_at"),
        queued_at=part.moment("queued_at"),
        ended_at=part.maybe("ended_at", part.moment),
    )


def read_parameters(part: Part) -> dict[str, Any]:
    """Return parameters as they are stored."""
    stored = part.raw("parameters")
    if stored == {}:
        return {}
    serializer = ParametersSerializer(data=stored)
    if not serializer.is_valid():
        part.refuse("parameters", "has values that no model accepts")
    return without_none(serializer.validated_data)


def _past_attempt(part: Part) -> dict[str, Any]:
    cost = _cost(part)
    ended_at = part.maybe("ended_at", part.moment)
    return {
        "attempt": part.integer("attempt", 1, MOST_ATTEMPTS),
        "status": part.word("status", ENDS),
        "error_code": part.word("error_code", ERROR_CODES),
        "text": part.text("text"),
        **{name: part.maybe(name, part.integer) for name in ("input_tokens", "output_tokens")},
        "cost": None if cost is None else str(cost),
        "ended_at": None if ended_at is None else ended_at.isoformat(),
    }


def _timeline(part: Part) -> list[list[float]]:
    pairs = part.values("timeline")
    for index, pair in enumerate(pairs):
        match pair:
            case [int(offset), seconds] if 0 <= offset <= LONGEST_TEXT and is_time(seconds):
                continue
        part.refuse(f"timeline[{index}]", "has to be a pair of an offset and a number of seconds")
    return pairs


def _cost(part: Part) -> Decimal | None:
    """Return US dollars from a decimal string, within what the database column holds."""
    text = part.maybe("cost", lambda name: part.text(name, 20))
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
