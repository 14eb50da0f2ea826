"""A user's use and limits in the REST API."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from generations.limits.usage import PeriodUse, UserUse, use_of


class PeriodSerializer(serializers.Serializer[Any]):
    """Dollars are decimal strings; what is null is not bounded."""

    payer = serializers.ChoiceField(["server", "user", "none"])
    period = serializers.ChoiceField(["day", "month"])
    tokens = serializers.IntegerField()
    cost = serializers.CharField()
    tokens_left = serializers.IntegerField(allow_null=True)
    dollars_left = serializers.CharField(allow_null=True)
    refills_at = serializers.DateTimeField()


class PlacesSerializer(serializers.Serializer[Any]):
    used = serializers.IntegerField()
    limit = serializers.IntegerField()


class UseSerializer(serializers.Serializer[Any]):
    running = PlacesSerializer()
    waiting = PlacesSerializer()
    requests_per_minute = serializers.IntegerField()
    periods = PeriodSerializer(many=True)


class UseApi(APIView):
    @extend_schema(responses=UseSerializer, operation_id="usage")
    def get(self, request: Request) -> Response:
        """What the caller has taken today and this month, by who paid, and what is left."""
        return Response(_json(use_of(cast(User, request.user))))


def _json(use: UserUse) -> dict[str, Any]:
    return {
        "running": {"used": use.running, "limit": use.allowance.running},
        "waiting": {"used": use.waiting, "limit": use.allowance.waiting},
        "requests_per_minute": use.allowance.requests_per_minute,
        "periods": [_period_json(each, use) for periods in use.payers.values() for each in periods],
    }


def _period_json(each: PeriodUse, use: UserUse) -> dict[str, Any]:
    account = each.account
    dollars_left = None if account is None else account.dollars_left
    return {
        "payer": each.payer or "none",
        "period": each.period,
        "tokens": each.taken.tokens,
        "cost": str(each.taken.cost),
        "tokens_left": None if account is None else account.tokens_left,
        "dollars_left": None if dollars_left is None else str(dollars_left),
        "refills_at": use.refills[each.period].isoformat(),
    }
