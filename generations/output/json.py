"""What is known of an answer, as every API shows it."""

from __future__ import annotations

from typing import Any

from generations.models import Generation
from providers.adapters.base import ErrorCode
from providers.selectors import split_selection


def usage_json(generation: Generation) -> dict[str, Any]:
    """``complete.data`` of the public contract without the text."""
    return {
        "time": generation.time,
        "ttft": generation.ttft,
        "tokens": generation.output_tokens,
        "input_tokens": generation.input_tokens,
        "output_tokens": generation.output_tokens,
        "reasoning_tokens": generation.reasoning_tokens,
        "cached_input_tokens": generation.cached_input_tokens,
        "usage_source": generation.usage_source or None,
        "tokens_per_second": generation.tokens_per_second,
        "cost": None if generation.cost is None else format(generation.cost, "f"),
        "finish_reason": generation.finish_reason or None,
        "answered_by": selection_json(generation.answered_by),
    }


def selection_json(selection: str) -> dict[str, str] | None:
    """A "provider/model" in its parts."""
    return dict(zip(("provider", "model"), split_selection(selection), strict=True)) if selection else None


CUT_OFF = "This answer was still being written when it was exported."
_AS_IT_IS = (
    *("provider", "model", "parameters", "attempt", "past_attempts", "text", "reasoning", "timeline"),
    *("finish_reason", "time", "ttft", "input_tokens", "output_tokens", "reasoning_tokens", "cached_input_tokens"),
    *("usage_source", "answered_by"),
)


def whole_generation_json(generation: Generation) -> dict[str, Any]:
    """All that is kept of an answer, but for whose key it took; one that still runs is told as one cut off here."""
    told: dict[str, Any] = {
        "id": str(generation.public_id),
        **{name: getattr(generation, name) for name in _AS_IT_IS},
        "status": generation.status,
        "error_code": generation.error_code,
        "error": generation.error,
        "retryable": generation.retryable,
        "cost": None if generation.cost is None else format(generation.cost, "f"),
        "created_at": generation.created_at.isoformat(),
        "queued_at": generation.queued_at.isoformat(),
        "ended_at": None if generation.ended_at is None else generation.ended_at.isoformat(),
    }
    if generation.is_open:
        told |= {"status": Generation.Status.INTERRUPTED, "error_code": ErrorCode.INTERRUPTED, "error": CUT_OFF}
        told |= {"retryable": True}
    return told
