"""What answers take: reserved before they start, settled as they end, and kept when they are deleted.

A reservation is what a generation says of itself while it is open, so that nothing has to be given back after a crash:
whatever ends the generation ends its reservation. What was taken is counted by day and by who paid. Days are those of
UTC; an answer counts for the day on which its run was accepted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from django.db.models import F, QuerySet, Sum

from accounts.allowances import Allowance, Budget
from accounts.models import User
from generations.models import DailyUse, Generation, Payer
from generations.tokens import fill_usage

Period = Literal["day", "month"]


@dataclass(frozen=True, slots=True)
class Use:
    """Tokens and dollars that were taken, or are reserved."""

    tokens: int = 0
    cost: Decimal = Decimal(0)

    def __add__(self, other: Use) -> Use:
        return Use(self.tokens + other.tokens, self.cost + other.cost)


@dataclass(frozen=True, slots=True)
class Account:
    """One budget of a user, with what has been taken of it in its period and what running answers have reserved."""

    payer: str
    period: Period
    budget: Budget
    taken: Use
    reserved: Use
    refills_at: datetime

    @property
    def tokens_left(self) -> int | None:
        return None if self.budget.tokens is None else max(0, self.budget.tokens - self._bound.tokens)

    @property
    def dollars_left(self) -> Decimal | None:
        return None if self.budget.dollars is None else max(Decimal(0), self.budget.dollars - self._bound.cost)

    def has_room_for(self, use: Use) -> bool:
        """Whether nothing is taken beyond the budget by this; never, where all of it is gone."""
        return fits(self.tokens_left, use.tokens) and fits(self.dollars_left, use.cost)

    @property
    def _bound(self) -> Use:
        return self.taken + self.reserved


def fits(left: int | Decimal | None, wanted: int | Decimal) -> bool:
    """Whether this can be taken of what is left, which is nothing where all is gone."""
    return left is None or (left > 0 and wanted <= left)


def accounts_of(user: User, allowance: Allowance, *, payers: Iterable[str] = Payer.values) -> list[Account]:
    """The user's budgets that bind what these payers pay; no query where there is none, else two."""
    budgets: dict[tuple[str, Period], Budget] = {
        (Payer.SERVER, "day"): allowance.day,
        (Payer.SERVER, "month"): allowance.month,
        (Payer.USER, "day"): allowance.own_day,
        (Payer.USER, "month"): allowance.own_month,
    }
    binding = {key: budget for key, budget in budgets.items() if budget and key[0] in payers}
    if not binding:
        return []
    reserved = _reserved(user)
    taken = use_by_period(user)
    return [
        Account(payer, period, budget, taken[payer, period], reserved.get(payer, Use()), refill_of(period))
        for (payer, period), budget in binding.items()
    ]


def use_by_period(user: User) -> dict[tuple[str, Period], Use]:
    """What was taken today and in this month, by payer ("" for what needed no key)."""
    today = datetime.now(UTC).date()
    sums = {(payer, period): Use() for payer in ("", *Payer.values) for period in _starts(today)}
    rows = DailyUse.objects.filter(user=user, day__gte=today.replace(day=1)).values_list(
        "payer", "day", "tokens", "cost"
    )
    for payer, day, tokens, cost in rows:
        for period, start in _starts(today).items():
            if day >= start:
                sums[payer, period] += Use(tokens, cost)
    return sums


def _starts(today: date) -> dict[Period, date]:
    return {"day": today, "month": today.replace(day=1)}


def refill_of(period: Period) -> datetime:
    """When the next day or month begins."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        return midnight + timedelta(days=1)
    return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)


def _reserved(user: User) -> dict[str, Use]:
    rows = (
        Generation.objects.filter(user=user, status__in=Generation.OPEN)
        .values_list("key_source")
        .annotate(tokens=Sum("reserved_tokens"), cost=Sum("reserved_cost"))
    )
    return {payer: Use(tokens, cost) for payer, tokens, cost in rows}


def settle(generation: Generation) -> None:
    """Count what a generation took; call it in the transaction that ends it."""
    if not generation.usage_source:
        return
    day = generation.current_run.accepted_at.astimezone(UTC).date()
    row = DailyUse.objects.filter(user=generation.user_id, day=day, payer=generation.key_source)
    tokens = (generation.input_tokens or 0) + (generation.output_tokens or 0)
    more = {"answers": F("answers") + 1, "tokens": F("tokens") + tokens, "cost": F("cost") + (generation.cost or 0)}
    if not row.update(**more):
        DailyUse.objects.get_or_create(user_id=generation.user_id, day=day, payer=generation.key_source)
        row.update(**more)


def settle_deleted(generations: QuerySet[Generation]) -> None:
    """Count what is known of running answers that are about to be deleted, for nobody will see their end."""
    running = generations.filter(status=Generation.Status.STREAMING)
    for generation in running.select_related("current_run").select_for_update(of=("self",)):
        fill_usage(generation, None)
        settle(generation)
