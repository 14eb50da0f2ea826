"""The JSON of an answer, shared by the APIs and the exports."""

from __future__ import annotations

from typing import Any

from generations.models import Generation
from providers.adapters.base import ErrorCode
from providers.model_ref import model_ref_json

CUT_OFF = "This answer was still being written when it was exported."
_COPIED = (
    *("provider", "model", "parameters", "attempt", "past_attempts", "text", "reasoning", "timeline"),
    *("finish_reason", "time", "ttft", "input_tokens", "output_tokens", "reasoning_tokens", "cached_input_tokens"),
    *("usage_source", "cost_source", "answered_by", "adjustments", "status", "error_code", "error", "vendor_message"),
    "retryable",
)


def usage_json(generation: Generation) -> dict[str, Any]:
    """Return the figures of an answer: ``data`` of a ``complete`` event in docs/api.md, without the text."""
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
        "cost": _cost(generation),
        "cost_source": generation.cost_source or None,
        "finish_reason": generation.finish_reason or None,
        "answered_by": model_ref_json(generation.answered_by),
        "adjustments": generation.adjustments,
    }


def error_json(generation: Generation) -> dict[str, Any]:
    """Return the error of an answer that did not complete, else an empty object."""
    return failure_json(generation) if generation.error_code else {}


def failure_json(generation: Generation) -> dict[str, Any]:
    """Return the error fields of an answer that did not complete, also if they are empty."""
    return {
        "code": generation.error_code,
        "error": generation.error,
        "vendor_message": generation.vendor_message or None,
        "retryable": generation.retryable,
    }


def stored_generation_json(generation: Generation) -> dict[str, Any]:
    """Return everything stored about an answer except its key source; an open answer is returned as interrupted."""
    json: dict[str, Any] = {
        "id": str(generation.public_id),
        **{name: getattr(generation, name) for name in _COPIED},
        "cost": _cost(generation),
        "created_at": generation.created_at.isoformat(),
        "queued_at": generation.queued_at.isoformat(),
        "ended_at": None if generation.ended_at is None else generation.ended_at.isoformat(),
    }
    if generation.is_open:
        json |= {"status": Generation.Status.INTERRUPTED, "error_code": ErrorCode.INTERRUPTED, "error": CUT_OFF}
        json |= {"retryable": True}
    return json


def _cost(generation: Generation) -> str | None:
    return None if generation.cost is None else format(generation.cost, "f")
