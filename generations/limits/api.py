"""A user's usage and limits in the REST API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import api_user
from generations.limits.usage import PeriodUsage, UserUsage, usage_of


class PeriodSerializer(serializers.Serializer[Any]):
    """Usage and limits of one period and key source; dollars are decimal strings, and null means no limit."""

    payer = serializers.ChoiceField(["server", "user", "none"])
    period = serializers.ChoiceField(["day", "month"])
    tokens = serializers.IntegerField()
    cost = serializers.CharField()
    tokens_left = serializers.IntegerField(allow_null=True)
    dollars_left = serializers.CharField(allow_null=True)
    refills_at = serializers.DateTimeField()


class LimitSerializer(serializers.Serializer[Any]):
    used = serializers.IntegerField()
    limit = serializers.IntegerField()


class UserUsageSerializer(serializers.Serializer[Any]):
    running = LimitSerializer()
    waiting = LimitSerializer()
    requests_per_minute = serializers.IntegerField()
    periods = PeriodSerializer(many=True)


class UsageApi(APIView):
    @extend_schema(responses=UserUsageSerializer, operation_id="usage")
    def get(self, request: Request) -> Response:
        """Return the caller's usage today and this month, by key source, and what is left of the budgets."""
        return Response(_json(usage_of(api_user(request))))


def _json(usage: UserUsage) -> dict[str, Any]:
    return {
        "running": {"used": usage.running, "limit": usage.allowance.max_running},
        "waiting": {"used": usage.queued, "limit": usage.allowance.max_queued},
        "requests_per_minute": usage.allowance.requests_per_minute,
        "periods": [_period_json(each, usage) for periods in usage.by_key_source.values() for each in periods],
    }


def _period_json(each: PeriodUsage, usage: UserUsage) -> dict[str, Any]:
    dollars_left = None if each.budget is None else each.budget.dollars_left
    return {
        "payer": each.key_source or "none",
        "period": each.period,
        "tokens": each.used.tokens,
        "cost": str(each.used.cost),
        "tokens_left": None if each.budget is None else each.budget.tokens_left,
        "dollars_left": None if dollars_left is None else str(dollars_left),
        "refills_at": usage.refills[each.period].isoformat(),
    }
