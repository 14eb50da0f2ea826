from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import IntegrityError
from pytest_django import Settings

from accounts.allowances import Budget, allowance_of
from accounts.models import Limits, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def carol() -> User:
    return get_user_model().objects.create_user("carol", "carol@example.org", "a long and quiet evening")


def member_of(user: User, name: str, **limits: object) -> None:
    group = Group.objects.create(name=name)
    user.groups.add(group)
    Limits.objects.create(group=group, **limits)


def test_the_default_is_the_allowance_of_the_installation(carol: User, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "max_running": 7, "dollars_per_day": Decimal("2.50")}

    allowance = allowance_of(carol)

    assert allowance.max_running == 7
    assert allowance.day == Budget(dollars=Decimal("2.50"))
    assert not allowance.month
    assert allowance.priority == Limits.Priority.NORMAL


def test_the_users_own_limits_come_before_the_most_generous_group(carol: User) -> None:
    member_of(carol, "writers", max_running=3, priority=Limits.Priority.LAST, tokens_per_day=100, dollars_per_month=9)
    member_of(carol, "testers", max_running=5, priority=Limits.Priority.FIRST, tokens_per_day=1000)
    Limits.objects.create(user=carol, tokens_per_day=10)

    allowance = allowance_of(carol)

    assert allowance.max_running == 5
    assert allowance.priority == Limits.Priority.FIRST
    assert allowance.day == Budget(tokens=10)
    assert allowance.month == Budget(dollars=Decimal(9))


def test_limits_belong_to_a_user_or_a_group(carol: User) -> None:
    with pytest.raises(IntegrityError):
        Limits.objects.create(user=carol, group=Group.objects.create(name="both"))


def test_a_users_own_budget_limits_only_their_own_keys(carol: User) -> None:
    carol.own_dollars_per_day = Decimal(3)

    allowance = allowance_of(carol)

    assert allowance.own_day == Budget(dollars=Decimal(3))
    assert not allowance.day
