"""What is known of an answer, as every API shows it."""

from __future__ import annotations

from typing import Any

from generations.models import Generation


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
    }
