"""Django's backend for PostgreSQL, except that a thread waits while all connections are in use, that all threads fail
at once while the server is unavailable, and that a statement may have any number of values.

Requests are then refused immediately; otherwise each would wait for the timeout and block a thread meanwhile.
docs/decisions/0016-postgresql-backend.md says more.
"""

from __future__ import annotations

import logging
import select
import threading
import time
from typing import Any

import psycopg
from django.db.backends.postgresql import base

RETRY_DELAY = 0.5
BUSY_FOR = 60.0
"""Seconds for which a thread waits while others use all connections."""

MOST_PARAMETERS = 65_535
"""The values of one statement that the server can bind: their number has two bytes in the protocol."""

logger = logging.getLogger(__name__)
_unavailable = threading.Event()


class BindingCursor(base.ServerBindingCursor, psycopg.Cursor[Any]):
    """A cursor whose server binds the values, as long as there are not too many of them."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        if params is not None and len(params) > MOST_PARAMETERS:
            query, params = psycopg.ClientCursor(self.connection).mogrify(query, params), None
        return super().execute(query, params, **options)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if params["cursor_factory"] is base.ServerBindingCursor:
            params["cursor_factory"] = BindingCursor
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        before, deadline = self._failures(), time.monotonic() + BUSY_FOR
        while not _unavailable.is_set():
            try:
                return super().get_new_connection(conn_params)
            except psycopg.OperationalError:
                if self._failures() > before:
                    if not _unavailable.is_set():
                        _unavailable.set()
                        threading.Thread(target=_wait_for_return, args=(conn_params,), daemon=True).start()
                    raise
                # No attempt to connect has failed: the server is available, and the pool is just busy.
                if self.pool is None or time.monotonic() > deadline:
                    raise
        raise psycopg.OperationalError("the database is unavailable")

    def is_usable(self) -> bool:
        """Return False if the server has closed the connection; costs no round trip.

        A server sends nothing between queries, so a connection that can be read is one that has ended.
        """
        if self.connection is None or self.connection.closed:
            return False
        ended = select.poll()
        ended.register(self.connection.fileno(), select.POLLIN)
        return not ended.poll(0)

    def _failures(self) -> int:
        return 0 if self.pool is None else int(self.pool.get_stats().get("connections_errors", 0))


def _wait_for_return(conn_params: dict[str, Any]) -> None:
    logger.warning("the database is unavailable; requests that need it are refused until it is back")
    while _unavailable.is_set():
        try:
            psycopg.connect(**conn_params).close()
        except psycopg.OperationalError:
            time.sleep(RETRY_DELAY)
        else:
            logger.warning("the database is back")
            _unavailable.clear()
