"""Usage of one answer: the provider's own count, or an estimate that is marked as one, and the cost."""

from __future__ import annotations

from generations.models import Generation
from generations.stored_request import stored_image_count, stored_listed, stored_texts
from generations.tokens import estimate_input_tokens, estimate_tokens
from providers.adapters.base import ListedModel, Usage
from providers.costs import cost_of
from providers.listed_models import listed_for
from providers.model_ref import ModelRef
from providers.models import KeySource


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
    model = generation.answering_model
    generation.cost = cost_of(model, listed_of(generation, model), usage)
    generation.cost_source = "" if generation.cost is None else "estimate"


def listed_of(generation: Generation, model: ModelRef) -> ListedModel:
    """Return what the list for the key that pays states about the model that answers: the generation's, as it was at
    the start, or its fallback."""
    if model == generation.model_ref:
        return stored_listed(generation)
    owner = generation.user_id if generation.key_source == KeySource.USER else None
    return listed_for(owner, [model])[model]


def _estimate(generation: Generation) -> Usage:
    reasoning = estimate_tokens(generation.reasoning)
    return Usage(
        input_tokens=estimate_input_tokens(stored_texts(generation.request), stored_image_count(generation.request)),
        output_tokens=estimate_tokens(generation.text) + reasoning,
        reasoning_tokens=reasoning,
    )
