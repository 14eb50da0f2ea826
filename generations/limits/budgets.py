"""Budgets: usage is reserved before answers start, counted when they end, and stays counted after their deletion.

A reservation is a field of the open generation itself, so nothing has to be given back after a crash: the end of the
generation is the end of its reservation. Usage is counted by day and key source. Days are UTC days; an answer counts
for the day on which its run was accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from django.db import connection
from django.db.models import F, QuerySet

from accounts.allowances import Allowance, Budget
from accounts.models import User
from core.columns import fields_of
from generations.limits.answer_usage import fill_usage
from generations.models import IS_OPEN, DailyUsage, Generation
from providers.models import KeySource

Period = Literal["day", "month"]


@dataclass(frozen=True, slots=True)
class Amount:
    """Tokens and dollars that were used, or are reserved."""

    tokens: int = 0
    cost: Decimal = Decimal(0)

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.tokens + other.tokens, self.cost + other.cost)


@dataclass(frozen=True, slots=True)
class BudgetStatus:
    """One budget of a user, with the usage of its period and the reservations of open answers."""

    key_source: str
    period: Period
    budget: Budget
    used: Amount
    reserved: Amount
    refills_at: datetime

    @property
    def tokens_left(self) -> int | None:
        """The tokens that are left; None if the budget has no limit in tokens."""
        return None if self.budget.tokens is None else max(0, self.budget.tokens - self._committed.tokens)

    @property
    def dollars_left(self) -> Decimal | None:
        """The dollars that are left; None if the budget has no limit in dollars."""
        return None if self.budget.dollars is None else max(Decimal(0), self.budget.dollars - self._committed.cost)

    def has_room_for(self, amount: Amount) -> bool:
        """Return True if ``amount`` fits into what is left; always False once the budget is used up."""
        return fits(self.tokens_left, amount.tokens) and fits(self.dollars_left, amount.cost)

    @property
    def _committed(self) -> Amount:
        return self.used + self.reserved


UsedByPeriod = dict[tuple[str, Period], Amount]
"""Usage by key source ("" for answers without a key) and period."""


def fits(left: int | Decimal | None, amount: int | Decimal) -> bool:
    """Return True if ``amount`` fits into what is left (None: no limit); nothing fits into zero, not even zero."""
    return left is None or (left > 0 and amount <= left)


def budget_statuses(
    user: User,
    allowance: Allowance,
    *,
    key_sources: Iterable[str] = KeySource.values,
    reserved: Mapping[str, Amount],
    used: UsedByPeriod | None = None,
) -> list[BudgetStatus]:
    """Return the budgets that apply to answers with these key sources; ``reserved`` is by key source.

    Costs no query if there is none, or if the caller has ``used_by_period`` already, else one.
    """
    budgets: dict[tuple[str, Period], Budget] = {
        (KeySource.SERVER, "day"): allowance.day,
        (KeySource.SERVER, "month"): allowance.month,
        (KeySource.USER, "day"): allowance.own_day,
        (KeySource.USER, "month"): allowance.own_month,
    }
    applicable = {key: budget for key, budget in budgets.items() if budget and key[0] in key_sources}
    if not applicable:
        return []
    used = used or used_by_period(user)
    return [
        BudgetStatus(
            key_source, period, budget, used[key_source, period], reserved.get(key_source, Amount()), refill_of(period)
        )
        for (key_source, period), budget in applicable.items()
    ]


def used_by_period(user: User) -> UsedByPeriod:
    """Return the usage of today and of this month, by key source ("" for answers without a key); one query."""
    today = datetime.now(UTC).date()
    sums = {(key_source, period): Amount() for key_source in ("", *KeySource.values) for period in _starts(today)}
    rows = DailyUsage.objects.filter(user=user, day__gte=today.replace(day=1))
    for key_source, day, tokens, cost in rows.values_list("key_source", "day", "tokens", "cost"):
        for period, start in _starts(today).items():
            if day >= start:
                sums[key_source, period] += Amount(tokens, cost)
    return sums


def _starts(today: date) -> dict[Period, date]:
    return {"day": today, "month": today.replace(day=1)}


def refill_of(period: Period) -> datetime:
    """Return the time at which the next day or month begins."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        return midnight + timedelta(days=1)
    # 32 days after the first of any month is a day of the next month.
    return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)


def count_usage(generations: Sequence[Generation]) -> None:
    """Add the usage of generations to their users' days; call it in the transaction that ends them. One statement."""
    rows: dict[tuple[int, date, str], list[Any]] = {}
    for generation in generations:
        if generation.usage_source:
            day, usage = _usage(generation)
            row = rows.setdefault(day, [0, 0, Decimal(0)])
            row[0] += usage[0]
            row[1] += usage[1]
            row[2] += usage[2]
    if rows:
        # In the same order in all processes, so that no two wait for each other.
        values = sorted((*key, *row) for key, row in rows.items())
        with connection.cursor() as cursor:
            cursor.execute(_adding(f"VALUES {', '.join([_ROW] * len(rows))}"), _stored(values))


def take_back_usage(generation: Generation) -> None:
    """Take the usage of a generation, which was counted when it ended, off its user's day. One statement."""
    if generation.usage_source:
        (user_id, day, key_source), (answers, tokens, cost) = _usage(generation)
        DailyUsage.objects.filter(user_id=user_id, day=day, key_source=key_source).update(
            answers=F("answers") - answers, tokens=F("tokens") - tokens, cost=F("cost") - cost
        )


def counting(generation: Generation, condition: str) -> tuple[str, list[Any]]:
    """Return the statement of ``count_usage`` for one generation, and its values, to be run under a condition."""
    key, usage = _usage(generation)
    return _adding(f"SELECT {_ROW[1:-1]} WHERE {condition}"), _stored([(*key, *usage)])


_FIELDS = fields_of(DailyUsage, ("user", "day", "key_source", "answers", "tokens", "cost"))
_ROW = f"({', '.join(['%s'] * len(_FIELDS))})"


def _usage(generation: Generation) -> tuple[tuple[int, date, str], tuple[int, int, Decimal]]:
    """Return the day that a generation counts for, with its user and key source, and what it adds to that."""
    day = generation.current_run.accepted_at.astimezone(UTC).date()
    tokens = (generation.input_tokens or 0) + (generation.output_tokens or 0)
    return (generation.user_id, day, generation.key_source), (1, tokens, generation.cost or Decimal(0))


def _adding(rows: str) -> str:
    """Return the statement that adds rows to the days that they belong to."""
    table = DailyUsage._meta.db_table
    more = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in ("answers", "tokens", "cost"))
    return (
        f"INSERT INTO {table} ({', '.join(str(field.column) for field in _FIELDS)}) {rows} "
        f"ON CONFLICT (user_id, day, key_source) DO UPDATE SET {more}"
    )


def _stored(rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    values = (pair for row in rows for pair in zip(_FIELDS, row, strict=True))
    return [field.get_db_prep_save(value, connection) for field, value in values]


def count_deleted(generations: QuerySet[Generation]) -> None:
    """Count the usage so far of streaming answers that are about to be deleted, since their end is never saved."""
    streaming = generations.filter(IS_OPEN, status=Generation.Status.STREAMING)
    deleted = list(streaming.select_related("current_run").select_for_update(of=("self",)))
    for generation in deleted:
        silent = not generation.text and not generation.reasoning
        fill_usage(generation, None, {generation.model_ref: generation.unanswered + silent})
    count_usage(deleted)
