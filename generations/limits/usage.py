"""A user's usage and budgets, prepared for the page and the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.allowances import Allowance, allowance_of
from accounts.models import User
from generations.limits.budgets import (
    Amount,
    BudgetStatus,
    Period,
    budget_statuses,
    refill_of,
    used_by_period,
)
from generations.limits.open_answers import count_open
from generations.models import IS_OPEN, Generation
from providers.models import KeySource

PERIODS: dict[Period, str] = {"day": "Today", "month": "This month"}
KEY_SOURCES = {
    KeySource.SERVER: "With the server's keys",
    KeySource.USER: "With your own keys",
    "": "Without a key",
}


@dataclass(frozen=True, slots=True)
class PeriodUsage:
    """The usage of a period with one key source, and the budget that applies to it, if any."""

    period: Period
    key_source: str
    used: Amount
    budget: BudgetStatus | None

    @property
    def title(self) -> str:
        return PERIODS[self.period]

    @property
    def shares(self) -> list[Share]:
        """The used and reserved share of each limit of the budget."""
        if self.budget is None:
            return []
        limit = self.budget.budget
        shares = ((limit.dollars, self.budget.dollars_left, True), (limit.tokens, self.budget.tokens_left, False))
        return [Share(whole, left or 0, money) for whole, left, money in shares if whole is not None]


@dataclass(frozen=True, slots=True)
class Share:
    """``left`` of a ``whole`` limit, in dollars if ``money``, else in tokens."""

    whole: Decimal | int
    left: Decimal | int
    money: bool

    @property
    def used(self) -> Decimal | int:
        return self.whole - self.left

    @property
    def percent(self) -> int:
        return 100 if not self.whole else min(100, round(100 * self.used / self.whole))


@dataclass(frozen=True, slots=True)
class UserUsage:
    """A user's open answers, usage and budgets; ``by_key_source`` leaves out sources without usage and budget."""

    allowance: Allowance
    running: int
    queued: int
    by_key_source: dict[str, list[PeriodUsage]]
    refills: dict[Period, datetime]


def usage_of(user: User) -> UserUsage:
    """Return a user's usage and budgets; four queries."""
    allowance = allowance_of(user)
    used, reserved = used_by_period(user), count_open(user.pk).reserved
    statuses = budget_statuses(user, allowance, reserved=reserved, used=used)
    budgets = {(each.key_source, each.period): each for each in statuses}
    periods_by_source = {
        source: [PeriodUsage(period, source, used[source, period], budgets.get((source, period))) for period in PERIODS]
        for source in KEY_SOURCES
    }
    open_now = list(Generation.objects.filter(IS_OPEN, user=user).values_list("status", flat=True))
    return UserUsage(
        allowance=allowance,
        running=open_now.count(Generation.Status.STREAMING),
        queued=open_now.count(Generation.Status.QUEUED),
        by_key_source={
            source: periods
            for source, periods in periods_by_source.items()
            if any(each.budget is not None or each.used.tokens for each in periods)
        },
        refills={period: refill_of(period) for period in PERIODS},
    )
