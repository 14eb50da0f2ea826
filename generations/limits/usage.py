"""What a user has taken and what is left, in words and numbers: for the page and the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.allowances import Allowance, allowance_of
from accounts.models import User
from generations.limits.budgets import Account, Period, Use, accounts_of, refill_of, use_by_period
from generations.models import Generation, Payer

PERIODS: dict[Period, str] = {"day": "Today", "month": "This month"}
PAYERS = {
    Payer.SERVER: "With the server's keys",
    Payer.USER: "With your own keys",
    "": "Without a key",
}


@dataclass(frozen=True, slots=True)
class PeriodUse:
    """What was taken in a period by one payer; ``account`` is the budget that binds it, if any."""

    period: Period
    payer: str
    taken: Use
    account: Account | None

    @property
    def title(self) -> str:
        return PERIODS[self.period]

    @property
    def shares(self) -> list[Share]:
        """How much of each of its bounds is taken or reserved."""
        if self.account is None:
            return []
        budget, left = self.account.budget, (self.account.dollars_left, self.account.tokens_left)
        bounds = ((budget.dollars, left[0], True), (budget.tokens, left[1], False))
        return [Share(whole, rest or 0, money) for whole, rest, money in bounds if whole is not None]


@dataclass(frozen=True, slots=True)
class Share:
    """``left`` of a ``whole`` budget, in dollars or tokens."""

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
class UserUse:
    """All of it; ``periods`` by payer, those that nothing is known of left out."""

    allowance: Allowance
    running: int
    waiting: int
    payers: dict[str, list[PeriodUse]]
    refills: dict[Period, datetime]


def use_of(user: User) -> UserUse:
    """Four queries."""
    allowance = allowance_of(user)
    taken = use_by_period(user)
    accounts = {(each.payer, each.period): each for each in accounts_of(user, allowance)}
    payers = {
        payer: [PeriodUse(period, payer, taken[payer, period], accounts.get((payer, period))) for period in PERIODS]
        for payer in PAYERS
    }
    known = {
        payer: periods
        for payer, periods in payers.items()
        if any(each.account is not None or each.taken.tokens for each in periods)
    }
    open_now = list(Generation.objects.filter(user=user, status__in=Generation.OPEN).values_list("status", flat=True))
    return UserUse(
        allowance=allowance,
        running=open_now.count(Generation.Status.STREAMING),
        waiting=open_now.count(Generation.Status.QUEUED),
        payers=known,
        refills={period: refill_of(period) for period in PERIODS},
    )
