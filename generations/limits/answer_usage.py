"""Usage of one answer: the provider's own count, or an estimate that is marked as one, and the cost."""

from __future__ import annotations

from generations.models import Generation
from generations.stored_request import stored_image_count, stored_listed, stored_texts
from generations.tokens import estimate_input_tokens, estimate_tokens
from providers.adapters.base import ListedModel, Usage
from providers.costs import cost_of
from providers.listed_models import known_model


def fill_usage(generation: Generation, reported: Usage | None) -> None:
    """Set a generation's tokens and cost from what the provider reported, else from its request and text.

    Nothing is set if the provider reported nothing and no text arrived.
    """
    if reported is None and not generation.text and not generation.reasoning:
        return
    usage = reported or _estimate(generation)
    generation.usage_source = "estimate" if reported is None else "provider"
    generation.input_tokens = usage.input_tokens
    generation.output_tokens = usage.output_tokens
    generation.reasoning_tokens = usage.reasoning_tokens
    generation.cached_input_tokens = usage.cached_input_tokens
    if usage.cost is not None:
        generation.cost, generation.cost_source = usage.cost, "provider"
        return
    generation.cost = cost_of(generation.answering_model, _listed(generation), usage)
    generation.cost_source = "" if generation.cost is None else "estimate"


def _listed(generation: Generation) -> ListedModel:
    if generation.answered_by:
        return known_model(generation.user_id, generation.answering_model)
    return stored_listed(generation)


def _estimate(generation: Generation) -> Usage:
    reasoning = estimate_tokens(generation.reasoning)
    return Usage(
        input_tokens=estimate_input_tokens(stored_texts(generation.request), stored_image_count(generation.request)),
        output_tokens=estimate_tokens(generation.text) + reasoning,
        reasoning_tokens=reasoning,
    )
