"""The statements and round trips that a comparison costs, which are the same on every machine."""

from __future__ import annotations

from django.db import connection

from accounts.models import User
from comparisons.schemas import CandidateRequest, CompareRequest, TurnRequest
from comparisons.services import StartedTurn, start_comparison, start_turn
from providers.adapters.base import Parameters
from tests.comparisons.without_worker import end
from tests.support.costs import counted


def start(user: User, columns: int) -> StartedTurn:
    candidates = tuple(CandidateRequest("demo", "demo-swift", Parameters()) for _ in range(columns))
    return start_comparison(user=user, request=CompareRequest("Hello?", "", candidates))


def test_a_start_costs_eight_statements_and_two_round_trips(alice: User) -> None:
    """On PostgreSQL it costs two statements: one admits, one inserts everything."""
    start(alice, 1)

    with counted() as costs:
        start(alice, 1)

    assert len(costs.statements) <= (2 if connection.vendor == "postgresql" else 8), costs.statements
    assert costs.round_trips <= 2


def test_eight_columns_cost_as_many_statements_as_one(alice: User) -> None:
    start(alice, 1)

    with counted() as costs:
        start(alice, 8)

    assert len(costs.statements) <= 8, costs.statements


def test_limits_keys_and_listed_models_cost_four_more_statements_if_they_are_not_remembered(alice: User) -> None:
    with counted() as costs:
        start(alice, 1)

    assert len(costs.statements) <= 12, costs.statements


def test_another_turn_costs_no_more_with_eight_columns_than_with_one(alice: User) -> None:
    costs_by_columns = {}
    for columns in (1, 8):
        started = start(alice, columns)
        for generation in started.state.generations:
            end(generation)
        with counted() as costs:
            start_turn(comparison=started.comparison, request=TurnRequest("And then?"))
        costs_by_columns[columns] = len(costs.statements)

    assert costs_by_columns[8] == costs_by_columns[1] <= 15
