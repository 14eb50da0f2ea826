"""The open answers of a user, queued and streaming: their number, and what budgets reserve for them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from accounts.models import User
from core.statements import rows_of
from generations.limits.budgets import Amount
from generations.models import OPEN_STATUSES, Generation

COUNT = (
    "SELECT key_source, COUNT(*), SUM(CASE WHEN held_back THEN 0 ELSE 1 END), SUM(reserved_tokens), SUM(reserved_cost) "
    "FROM {generations} WHERE user_id = {user} AND status IN {statuses} GROUP BY key_source"
)
LOCK = "SELECT 1 FROM {users} WHERE id = {user} FOR NO KEY UPDATE; "


class OpenAnswers(NamedTuple):
    """The number of a user's open answers, how many of them may run, and what is reserved by key source."""

    total: int
    may_run: int
    reserved: dict[str, Amount]


def count_open(user_id: int) -> OpenAnswers:
    """Count a user's open answers; one statement."""
    return _counted(rows_of(_of_user(COUNT, user_id)))


def lock_and_count_open(user_id: int) -> OpenAnswers:
    """Keep other transactions from using this user's allowance until this one ends, and count; one statement.

    On PostgreSQL these are two commands that are sent as one, because the count has to see what was committed while the
    lock was waited for; the server takes two commands only if no parameter comes with them. On SQLite the transaction
    has locked everybody out already.
    """
    if not connection.features.has_select_for_update:
        return count_open(user_id)
    with connection.cursor() as cursor:
        cursor.execute(_of_user(LOCK + COUNT, user_id))
        cursor.nextset()
        return _counted(cursor.fetchall())


def _of_user(statement: str, user_id: int) -> str:
    return statement.format(
        generations=Generation._meta.db_table, users=User._meta.db_table, user=int(user_id), statuses=OPEN_STATUSES
    )


def _counted(rows: Iterable[tuple[str, int, int, int, Any]]) -> OpenAnswers:
    rows = list(rows)
    return OpenAnswers(
        total=sum(row[1] for row in rows),
        may_run=sum(row[2] for row in rows),
        reserved={source: Amount(int(tokens), round(Decimal(str(cost)), 8)) for source, _, _, tokens, cost in rows},
    )
