"""Admission control: requests per minute, answers at once, and budgets.

Everything that a run may cost is reserved in the transaction that creates it, under a lock of its user. Otherwise many
starts at once could together take more than is left.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

import redis
from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts.allowances import Allowance, allowance_of
from accounts.models import User
from accounts.storage import check_storage_of_start
from core.errors import OverBudget, TooManyRequests, Unavailable
from core.rate_limits import Limit
from generations.limits.answer_usage import listed_of
from generations.limits.budgets import Amount, BudgetStatus, budget_statuses, fits
from generations.limits.open_answers import lock_and_count_for_run, lock_and_count_open
from generations.models import Generation
from generations.tokens import estimate_request
from providers.adapters.base import Request, Usage
from providers.adapters.capabilities import capabilities_of
from providers.costs import cost_of
from providers.model_ref import ModelRef
from providers.models import KeySource
from providers.selectors import key_sources, model_label

logger = logging.getLogger(__name__)

RETRY_AFTER_FULL_QUEUE = 10.0
UNKNOWN_PRICE = (
    "The price of {model} is unknown, so it cannot be used under a budget in dollars. Choose another model, or ask an "
    "administrator to set UNKNOWN_MODEL_PRICE."
)
CUT_OFF = "The answer was cut off here because it would exceed your budget."


class GenerationRequest(NamedTuple):
    """A request to one provider, and the "provider/model" that answers if this model cannot."""

    provider: str
    request: Request
    fallback: str = ""


class Admission(NamedTuple):
    """The terms on which a request is admitted; ``held_back`` is True if its user may not run one more now."""

    key_source: str
    priority: int
    reserved: Amount
    held_back: bool


class AdmittedRun(NamedTuple):
    """The primary key that a new run is to have, and the terms of its requests."""

    key: int
    admissions: list[Admission]


def check_start(user: User) -> None:
    """Count a request that starts answers, and check the user's storage; one round trip to Redis.

    Raises TooManyRequests after too many within a minute, and StorageFull if nothing more may be kept. Raises
    Unavailable if Redis does not respond, because nothing could be enqueued then.
    """
    amount = allowance_of(user).requests_per_minute
    sentence = f"You have sent {amount} requests in a minute, which is your limit. Wait a little and try again."
    try:
        Limit("requests", amount, 60, sentence).take(str(user.pk))
    except redis.RedisError as error:
        logger.error("Redis does not respond: %s", error)
        raise Unavailable("New answers cannot be started right now. Try again in a minute.", retry_after=10) from error
    check_storage_of_start(user)


def admit(user: User, requests: Sequence[GenerationRequest], *, batch: bool = False) -> AdmittedRun:
    """Admit all of these requests as one run, or none; call it in the transaction that creates their generations.

    Costs one statement, or two if a budget applies. Raises TooManyRequests if too many answers wait already, and
    OverBudget if a budget has no room for them.
    """
    allowance = allowance_of(user)
    sources = key_sources(user, [each.provider for each in requests])
    answers, key = lock_and_count_for_run(user.pk)
    _check_queue(answers.total, allowance, len(requests))
    budgets = budget_statuses(user, allowance, key_sources=set(sources.values()), reserved=answers.reserved)
    admissions = [
        Admission(
            key_source=sources[each.provider],
            priority=Generation.BATCH if batch else allowance.priority,
            reserved=_reservation(each, [one for one in budgets if one.key_source == sources[each.provider]]),
            held_back=answers.may_run + position >= allowance.max_running,
        )
        for position, each in enumerate(requests)
    ]
    for budget in budgets:
        needed = sum((each.reserved for each in admissions if each.key_source == budget.key_source), Amount())
        if not budget.has_room_for(needed):
            raise over_budget(budget, needed)
    return AdmittedRun(key, admissions)


def _reservation(request: GenerationRequest, budgets: Sequence[BudgetStatus]) -> Amount:
    return largest_amount(request, budgets) if budgets else Amount()


def _check_queue(open_now: int, allowance: Allowance, new: int) -> None:
    if open_now + new > allowance.max_running + allowance.max_queued:
        raise TooManyRequests(
            f"{open_now} of your answers are running or waiting. You may have {allowance.max_running} running and "
            f"{allowance.max_queued} waiting. Wait until some have ended, or stop some.",
            retry_after=RETRY_AFTER_FULL_QUEUE,
        )


def reserve_more(generation_id: int, model: ModelRef) -> str:
    """Reserve EXPECTED_OUTPUT_TOKENS more for an answer that has outgrown its reservation.

    ``model`` is the model that is answering, which may be the fallback. Return an empty string, or the sentence of the
    error if a budget has no room for more.
    """
    generation = Generation.objects.select_related("user").get(pk=generation_id)
    with transaction.atomic():
        reserved = lock_and_count_open(generation.user_id).reserved
        usage = Usage(0, settings.EXPECTED_OUTPUT_TOKENS)
        more = Amount(usage.output_tokens, cost_of(model, listed_of(generation, model), usage) or Decimal(0))
        budgets = budget_statuses(
            generation.user,
            allowance_of(generation.user),
            key_sources={generation.key_source},
            reserved=reserved,
        )
        for budget in budgets:
            if not budget.has_room_for(more):
                return f"{CUT_OFF} {over_budget(budget, more).message}"
        Generation.objects.filter(pk=generation.pk).update(
            reserved_tokens=F("reserved_tokens") + more.tokens, reserved_cost=F("reserved_cost") + more.cost
        )
    return ""


def change_reservation(generation: Generation, request: GenerationRequest, key_source: str) -> bool:
    """Replace a reservation by one for another model or another key; return False if a budget has no room for it."""
    with transaction.atomic():
        Generation.objects.filter(pk=generation.pk).update(reserved_tokens=0, reserved_cost=0)
        reserved = lock_and_count_open(generation.user_id).reserved
        budgets = budget_statuses(
            generation.user, allowance_of(generation.user), key_sources={key_source}, reserved=reserved
        )
        try:
            amount = largest_amount(request, budgets) if budgets else Amount()
        except OverBudget:
            transaction.set_rollback(True)
            return False
        if not all(budget.has_room_for(amount) for budget in budgets):
            transaction.set_rollback(True)
            return False
        Generation.objects.filter(pk=generation.pk).update(
            key_source=key_source, reserved_tokens=amount.tokens, reserved_cost=amount.cost
        )
    return True


def largest_amount(request: GenerationRequest, budgets: Sequence[BudgetStatus]) -> Amount:
    """Return the most that an answer may use before more is reserved from these budgets: its prompt, and
    ``max_tokens``, or the length of its text if it does not think, or EXPECTED_OUTPUT_TOKENS.

    Raises OverBudget if the price of its model is unknown and a budget is in dollars.
    """
    model = ModelRef(request.provider, request.request.model)
    usage = Usage(estimate_request(request.request), _most_output(request.request))
    cost = cost_of(model, request.request.listed, usage)
    if cost is None and any(budget.budget.dollars is not None for budget in budgets):
        raise OverBudget(UNKNOWN_PRICE.format(model=model_label(*model)))
    return Amount(usage.input_tokens + usage.output_tokens, cost or Decimal(0))


def _most_output(request: Request) -> int:
    parameters = request.parameters
    if parameters.max_tokens is not None:
        return parameters.max_tokens
    model = capabilities_of(request.model, request.listed.capabilities)
    if parameters.text_tokens is None or model.thinks(parameters.reasoning_effort):
        return int(settings.EXPECTED_OUTPUT_TOKENS)
    return parameters.text_tokens


def over_budget(budget: BudgetStatus, needed: Amount) -> OverBudget:
    """Return an error that says what is left, what the answers may take, and when the budget refills."""
    left, limit, most = (
        (_dollars(budget.dollars_left), _dollars(budget.budget.dollars), _dollars(needed.cost))
        if budget.dollars_left is not None and not fits(budget.dollars_left, needed.cost)
        else (f"{budget.tokens_left:,}", f"{budget.budget.tokens:,} tokens", f"{needed.tokens:,} tokens")
    )
    use = "spend with your own keys" if budget.key_source == KeySource.USER else "use"
    return OverBudget(
        f"{left} is left of the {limit} that you may {use} in a {budget.period}, and this may take up to {most}. "
        f"The budget refills on {budget.refills_at:%d %B, %H:%M} UTC; shorter answers or fewer models take less.",
        retry_after=(budget.refills_at - datetime.now(UTC)).total_seconds(),
    )


def _dollars(amount: Decimal | None) -> str:
    return "" if amount is None else f"${amount:.2f}" if amount >= 1 or not amount else f"${amount:.4f}"
