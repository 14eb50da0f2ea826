"""Usage of one answer: the provider's own count, or an estimate that is marked as one, and the cost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from generations.models import Generation
from generations.stored_request import stored_image_count, stored_listed, stored_texts
from generations.tokens import estimate_input_tokens, estimate_tokens
from providers.adapters.base import ListedModel, Usage
from providers.costs import cost_of
from providers.listed_models import listed_for
from providers.model_ref import ModelRef
from providers.models import KeySource


def fill_usage(generation: Generation, reported: Usage | None, unanswered: Mapping[ModelRef, int]) -> None:
    """Set a generation's tokens and cost from what the provider reported, else from its request and text.

    The prompts of ``unanswered`` requests, which models have taken without an answer, are added. Nothing is set if
    there are none of them, the provider reported nothing, and no text arrived.
    """
    has_answer = reported is not None or bool(generation.text or generation.reasoning)
    if not has_answer and not any(unanswered.values()):
        return
    prompt = 0 if reported and not any(unanswered.values()) else _estimated_prompt(generation)
    usage = reported or (_estimate(generation, prompt) if has_answer else Usage(0, 0))
    prompts = {model: Usage(count * prompt, 0) for model, count in unanswered.items() if count}
    generation.usage_source = "estimate" if reported is None or prompts else "provider"
    generation.input_tokens = usage.input_tokens + sum(each.input_tokens for each in prompts.values())
    generation.output_tokens = usage.output_tokens
    generation.reasoning_tokens = usage.reasoning_tokens
    generation.cached_input_tokens = usage.cached_input_tokens
    model = generation.answering_model
    costs = [usage.cost if usage.cost is not None else cost_of(model, listed_of(generation, model), usage)]
    costs += [cost_of(each, listed_of(generation, each), prompt) for each, prompt in prompts.items()]
    known = [cost for cost in costs if cost is not None]
    generation.cost = sum(known, Decimal(0)) if known else None
    generation.cost_source = _source(usage, has_more=bool(prompts)) if known else ""


def _source(usage: Usage, *, has_more: bool) -> str:
    return "provider" if usage.cost is not None and not has_more else "estimate"


def listed_of(generation: Generation, model: ModelRef) -> ListedModel:
    """Return what the list for the key that pays states about the model that answers: the generation's, as it was at
    the start, or its fallback."""
    if model == generation.model_ref:
        return stored_listed(generation)
    owner = generation.user_id if generation.key_source == KeySource.USER else None
    return listed_for(owner, [model])[model]


def _estimate(generation: Generation, prompt: int) -> Usage:
    reasoning = estimate_tokens(generation.reasoning)
    return Usage(
        input_tokens=prompt,
        output_tokens=estimate_tokens(generation.text) + reasoning,
        reasoning_tokens=reasoning,
    )


def _estimated_prompt(generation: Generation) -> int:
    return estimate_input_tokens(stored_texts(generation.request), stored_image_count(generation.request))
