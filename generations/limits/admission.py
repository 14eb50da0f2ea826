"""Who may start how much: requests a minute, places in the line, and budgets.

All that a run may cost is reserved in the transaction that creates it, under a lock of its user: many starts at once
cannot take more together than there is.
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
from core.errors import OverBudget, TooManyRequests, Unavailable
from core.rate_limits import Limit
from core.redis_clients import thread_client
from generations.limits.budgets import Account, Use, accounts_of, fits
from generations.limits.queue import lock_user
from generations.models import Generation, Payer
from generations.tokens import estimate_request
from providers.adapters.base import Request, Usage
from providers.catalogue import price
from providers.selectors import key_sources

logger = logging.getLogger(__name__)

RETRY_FULL_LINE = 10.0
CUT = "The answer was cut off here, for it has outgrown your budget."


class Ask(NamedTuple):
    """One question to one model, and the "provider/model" that is to answer where that one cannot."""

    provider: str
    request: Request
    fallback: str = ""


class Admission(NamedTuple):
    """Under which conditions an ask is let in."""

    key_source: str
    priority: int
    reserved: Use


def check_open_for_work(user: User) -> None:
    """Count a request that starts answers.

    Raises TooManyRequests where the user had too many within a minute, Unavailable where nothing could be queued now.
    """
    amount = allowance_of(user).requests_per_minute
    sentence = f"You have sent {amount} requests within a minute, as many as you may. Wait a little and try again."
    try:
        thread_client().ping()
        Limit("requests", amount, 60, sentence).take(str(user.pk))
    except redis.RedisError as error:
        logger.error("Redis does not answer: %s", error)
        raise Unavailable("New answers cannot be started right now. Try again in a minute.", retry_after=10) from error


def admit(user: User, asks: Sequence[Ask], *, batch: bool = False) -> list[Admission]:
    """Let these in, all or none; call it in the transaction that creates their generations.

    Raises TooManyRequests where too many wait already, OverBudget where a budget has no room for them.
    """
    lock_user(user)
    allowance = allowance_of(user)
    _check_line(user, allowance, len(asks))
    sources = key_sources(user, [ask.provider for ask in asks])
    accounts = accounts_of(user, allowance, payers=set(sources.values()))
    admissions = [
        Admission(
            key_source=sources[ask.provider],
            priority=Generation.BATCH if batch else allowance.priority,
            reserved=most_of(ask) if any(account.payer == sources[ask.provider] for account in accounts) else Use(),
        )
        for ask in asks
    ]
    for account in accounts:
        wanted = sum((each.reserved for each in admissions if each.key_source == account.payer), Use())
        if not account.has_room_for(wanted):
            raise over_budget(account, wanted)
    return admissions


def _check_line(user: User, allowance: Allowance, more: int) -> None:
    open_now = Generation.objects.filter(user=user, status__in=Generation.OPEN).count()
    if open_now + more > allowance.running + allowance.waiting:
        raise TooManyRequests(
            f"{open_now} of your answers are running or waiting, and you may have {allowance.running} at once and "
            f"{allowance.waiting} waiting. Wait until some have ended, or stop some.",
            retry_after=RETRY_FULL_LINE,
        )


def reserve_more(generation_id: int) -> str:
    """Reserve as much again as is expected of an answer, for one that has outgrown what was reserved for it; returns
    ``""``, or the sentence that there is no room for more."""
    generation = Generation.objects.select_related("user").get(pk=generation_id)
    with transaction.atomic():
        lock_user(generation.user)
        more = _price_of(generation.provider, generation.model, 0, settings.EXPECTED_OUTPUT_TOKENS)
        for account in accounts_of(generation.user, allowance_of(generation.user), payers={generation.key_source}):
            if not account.has_room_for(more):
                return f"{CUT} {over_budget(account, more).message}"
        Generation.objects.filter(pk=generation.pk).update(
            reserved_tokens=F("reserved_tokens") + more.tokens, reserved_cost=F("reserved_cost") + more.cost
        )
    return ""


def change_payer(generation: Generation, ask: Ask, key_source: str) -> bool:
    """Reserve for another model in place of what was reserved; False where no budget has room for it."""
    with transaction.atomic():
        lock_user(generation.user)
        Generation.objects.filter(pk=generation.pk).update(reserved_tokens=0, reserved_cost=0)
        accounts = accounts_of(generation.user, allowance_of(generation.user), payers={key_source})
        wanted = most_of(ask) if accounts else Use()
        if not all(account.has_room_for(wanted) for account in accounts):
            transaction.set_rollback(True)
            return False
        Generation.objects.filter(pk=generation.pk).update(
            key_source=key_source, reserved_tokens=wanted.tokens, reserved_cost=wanted.cost
        )
    return True


def most_of(ask: Ask) -> Use:
    """What an answer may take: its prompt, and as many tokens as were asked for, else those that are expected."""
    tokens_in = estimate_request(ask.request)
    tokens_out = ask.request.parameters.max_tokens or settings.EXPECTED_OUTPUT_TOKENS
    return _price_of(ask.provider, ask.request.model, tokens_in, tokens_out)


def _price_of(provider: str, model: str, tokens_in: int, tokens_out: int) -> Use:
    cost = price(provider, model, Usage(input_tokens=tokens_in, output_tokens=tokens_out))
    return Use(tokens_in + tokens_out, cost or Decimal(0))


def over_budget(account: Account, wanted: Use) -> OverBudget:
    """A sentence that says what is left, what this may take, and when there is more."""
    left, whole, needed = (
        (_dollars(account.dollars_left), _dollars(account.budget.dollars), _dollars(wanted.cost))
        if account.dollars_left is not None and not fits(account.dollars_left, wanted.cost)
        else (f"{account.tokens_left:,}", f"{account.budget.tokens:,} tokens", f"{wanted.tokens:,} tokens")
    )
    whose = "spend with your own keys" if account.payer == Payer.USER else "use"
    refill = f"{account.refills_at:%d %B, %H:%M} UTC"
    return OverBudget(
        f"{left} is left of the {whole} that you may {whose} in a {account.period}, and this may take up to {needed}. "
        f"There is more from {refill}; shorter answers or fewer models take less.",
        retry_after=(account.refills_at - datetime.now(UTC)).total_seconds(),
    )


def _dollars(amount: Decimal | None) -> str:
    return "" if amount is None else f"${amount:.2f}" if amount >= 1 or not amount else f"${amount:.4f}"
