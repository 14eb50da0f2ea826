"""Counts of what an action costs: statements to the database, and round trips to Redis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis.connection import AbstractConnection

TRANSACTION_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@dataclass
class Costs:
    """The statements, without those that begin and end transactions, and the number of round trips."""

    statements: list[str] = field(default_factory=list)
    round_trips: int = 0


@contextmanager
def counted() -> Iterator[Costs]:
    """Count what this thread costs; complete once the block has ended. A pipeline is one round trip."""
    costs = Costs()
    send: Any = AbstractConnection.send_packed_command

    def counting(*args: Any, **kwargs: Any) -> None:
        costs.round_trips += 1
        send(*args, **kwargs)

    with (
        patch.object(AbstractConnection, "send_packed_command", counting),
        CaptureQueriesContext(connection) as queries,
    ):
        yield costs
    sent = [query["sql"] for query in queries.captured_queries]
    costs.statements = [sql for sql in sent if not sql.startswith(TRANSACTION_CONTROL)]
