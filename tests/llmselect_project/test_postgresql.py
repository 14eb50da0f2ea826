"""Connections to PostgreSQL while others use all that there are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.utils import ConnectionHandler, OperationalError

from accounts.models import User
from llmselect_project.postgresql import base

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no pool")


@pytest.fixture
def pooled(db: None) -> Iterator[ConnectionHandler]:
    """Connections, one a thread, of a pool that has only one."""
    options = {**connection.settings_dict["OPTIONS"], "pool": {"min_size": 0, "max_size": 1, "timeout": 0.5}}
    databases = {name: {**connection.settings_dict, "OPTIONS": options} for name in ("default", "pooled")}
    handler = ConnectionHandler(databases)
    yield handler
    wrapper = handler["pooled"]
    assert isinstance(wrapper, DatabaseWrapper)
    wrapper.close()
    wrapper.close_pool()


def in_other_thread(handler: ConnectionHandler) -> tuple[threading.Thread, list[Any]]:
    """Query in another thread; the list gets the result or the error."""
    results: list[Any] = []

    def query() -> None:
        try:
            with handler["pooled"].cursor() as cursor:
                results.append(cursor.execute("SELECT 1").fetchone())
        except OperationalError as error:
            results.append(error)
        finally:
            handler["pooled"].close()

    thread = threading.Thread(target=query)
    thread.start()
    return thread, results


def test_a_statement_may_have_more_values_than_the_server_can_bind(db: None) -> None:
    user = User.objects.create_user("alice%s", "alice@example.org", None)
    keys = [user.pk, *range(10**9, 10**9 + 70_000)]

    found = User.objects.filter(pk__in=keys, username="alice%s")

    assert list(found) == [user]


def test_a_thread_waits_for_a_connection_that_is_in_use(
    pooled: ConnectionHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = threading.Semaphore(0)
    get_connection = DatabaseWrapper.get_new_connection

    def counting(self: Any, conn_params: dict[str, Any]) -> Any:
        try:
            return get_connection(self, conn_params)
        except psycopg.OperationalError:
            refused.release()
            raise

    monkeypatch.setattr(DatabaseWrapper, "get_new_connection", counting)
    pooled["pooled"].ensure_connection()
    thread, results = in_other_thread(pooled)
    for _ in range(3):
        assert refused.acquire(timeout=10)

    pooled["pooled"].close()
    thread.join()

    assert results == [(1,)]


def test_it_does_not_wait_for_ever(pooled: ConnectionHandler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "BUSY_FOR", 0.0)
    pooled["pooled"].ensure_connection()

    thread, results = in_other_thread(pooled)
    thread.join()

    assert isinstance(results[0], OperationalError)
    assert not base._unavailable.is_set()
