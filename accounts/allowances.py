"""Allowances: a user's own limits, else the most generous limits of their groups, else those of the installation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q

from accounts.models import Limits, User
from core.process_cache import remembered
from core.statements import PreparedQuery


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of one day or month, in UTC; None for no limit."""

    tokens: int | None = None
    dollars: Decimal | None = None

    def __bool__(self) -> bool:
        return self.tokens is not None or self.dollars is not None


@dataclass(frozen=True, slots=True)
class Allowance:
    """The limits of one user: answers at once and in the queue, requests, priority (lowest first), budgets.

    ``day`` and ``month`` are the budgets for the server's keys, ``own_day`` and ``own_month`` for the user's own keys.
    """

    max_running: int
    max_queued: int
    requests_per_minute: int
    priority: int
    day: Budget
    month: Budget
    own_day: Budget
    own_month: Budget


def allowance_of(user: User) -> Allowance:
    """Return a user's allowance; one query, or none if their limits are remembered."""
    rows = _limits_of(user)
    own = [row for row in rows if row.user_id is not None]
    groups = [row for row in rows if row.user_id is None]

    def limit(name: str, default: Any, most_generous: Callable[..., Any] = max) -> Any:
        for candidates in (own, groups):
            values = [getattr(row, name) for row in candidates if getattr(row, name) is not None]
            if values:
                return most_generous(values)
        return default

    def budget(period: str) -> Budget:
        tokens, dollars = f"tokens_per_{period}", f"dollars_per_{period}"
        return Budget(limit(tokens, settings.LIMITS[tokens]), limit(dollars, settings.LIMITS[dollars]))

    return Allowance(
        max_running=limit("max_running", settings.LIMITS["max_running"]),
        max_queued=limit("max_queued", settings.LIMITS["max_queued"]),
        requests_per_minute=limit("requests_per_minute", settings.LIMITS["requests_per_minute"]),
        priority=limit("priority", Limits.Priority.NORMAL, min),
        day=budget("day"),
        month=budget("month"),
        own_day=Budget(dollars=user.own_dollars_per_day),
        own_month=Budget(dollars=user.own_dollars_per_month),
    )


def has_budget(user: User) -> bool:
    """Return True if a budget is set for this user or one of their groups; queries as ``allowance_of`` does."""
    names = [f"{unit}_per_{period}" for unit in ("tokens", "dollars") for period in ("day", "month")]
    return any(getattr(row, name) for row in _limits_of(user) for name in names)


_LIMITS = PreparedQuery(lambda user: Limits.objects.filter(Q(user=user) | Q(group__user=user)).distinct(), None)


def _limits_of(user: User) -> list[Limits]:
    return remembered(f"limits:{user.public_id}", lambda: _LIMITS.rows(user.pk))
