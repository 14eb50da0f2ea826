"""The open answers of a user, queued and streaming: their number, and what budgets reserve for them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from core.statements import rows_of
from generations.limits.budgets import Amount
from generations.models import OPEN_STATUSES, Generation, Run

COUNT = (
    "SELECT key_source, COUNT(*), SUM(CASE WHEN held_back THEN 0 ELSE 1 END), SUM(reserved_tokens), "  # noqa: S608
    f"SUM(reserved_cost) FROM {Generation._meta.db_table} "
    f"WHERE user_id = %s AND status IN {OPEN_STATUSES} GROUP BY key_source"
)
LOCK_AND_COUNT = "SELECT * FROM generations_lock_and_count_open(%s)"
NEXT_RUN = f"nextval('{Run._meta.db_table}_id_seq')"
NEXT_RUN_ON_SQLITE = f"(SELECT COALESCE(MAX(seq), 0) + 1 FROM sqlite_sequence WHERE name = '{Run._meta.db_table}')"  # noqa: S608


class OpenAnswers(NamedTuple):
    """The number of a user's open answers, how many of them may run, and what is reserved by key source."""

    total: int
    may_run: int
    reserved: dict[str, Amount]


def count_open(user_id: int) -> OpenAnswers:
    """Count a user's open answers; one statement."""
    return _counted(rows_of(COUNT, user_id))


def lock_and_count_open(user_id: int) -> OpenAnswers:
    """Keep other transactions from using this user's allowance until this one ends, and count; one statement.

    On PostgreSQL a function does both, because the count has to see what was committed while the lock was waited for,
    which a single statement would not. On SQLite the transaction has locked everybody out already.
    """
    return _counted(rows_of(_lock_and_count(), user_id))


def lock_and_count_for_run(user_id: int) -> tuple[OpenAnswers, int]:
    """Do as ``lock_and_count_open``, and return the primary key of a new run as well; one statement.

    With a key that is known beforehand, everything that begins with the run can be saved together.
    """
    next_run = NEXT_RUN if connection.features.has_select_for_update else NEXT_RUN_ON_SQLITE
    # There is one row without open answers, too.
    rows = rows_of(
        f"SELECT {next_run}, counted.* FROM (SELECT 1) AS one LEFT JOIN ({_lock_and_count()}) AS counted ON true",  # noqa: S608
        user_id,
    )
    return _counted(row[1:] for row in rows if row[1] is not None), rows[0][0]


def _lock_and_count() -> str:
    return LOCK_AND_COUNT if connection.features.has_select_for_update else COUNT


def _counted(rows: Iterable[tuple[Any, ...]]) -> OpenAnswers:
    rows = list(rows)
    return OpenAnswers(
        total=sum(row[1] for row in rows),
        may_run=sum(row[2] for row in rows),
        reserved={source: Amount(int(tokens), round(Decimal(str(cost)), 8)) for source, _, _, tokens, cost in rows},
    )
