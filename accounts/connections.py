"""The streams and sockets that are open in this process: how many a user has, and their end with the right to them.

A caller is authenticated when a connection opens. Afterwards one look at the database every few seconds, for all
connections of the process, finds those whose token, session, scope, password or user is gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings

from accounts.credentials import good_credentials
from accounts.models import Credential, User
from core.async_db import in_thread
from core.errors import UNAVAILABLE_ERRORS, TooManyRequests
from core.scoped_values import once_a_loop

logger = logging.getLogger(__name__)

CHECK_INTERVAL = 2.0
"""Seconds between two looks at the credentials of all open connections."""
RETRY_AFTER = 10.0

_counts: Counter[int] = Counter()
"""The open connections of each user in this process, by key."""


def check_connections(user: User) -> None:
    """Raise TooManyRequests if the user has as many streams and sockets open in this process as one user may."""
    if _counts[user.pk] >= settings.CONNECTIONS_PER_USER:
        sentence = f"You have {settings.CONNECTIONS_PER_USER} streams and sockets open. Close some, and try again."
        raise TooManyRequests(sentence, retry_after=RETRY_AFTER)


@contextmanager
def open_connection(user: User, on_revoked: Callable[[], None]) -> Iterator[None]:
    """Count a connection of this authenticated user, and call ``on_revoked`` on the running loop once its credential is
    gone."""
    assert user.credential is not None
    connection = _Connection(user.credential, on_revoked)
    watch = _watch()
    _counts[user.pk] += 1
    watch.add(connection)
    try:
        yield
    finally:
        watch.discard(connection)
        _counts[user.pk] -= 1
        if not _counts[user.pk]:
            del _counts[user.pk]


class _Connection:
    def __init__(self, credential: Credential, on_revoked: Callable[[], None]) -> None:
        self.credential = credential
        self.on_revoked = on_revoked


class _Watch:
    """The connections of one loop; a task looks at their credentials as long as there are any."""

    def __init__(self) -> None:
        self._connections: set[_Connection] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, connection: _Connection) -> None:
        self._connections.add(connection)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def discard(self, connection: _Connection) -> None:
        self._connections.discard(connection)

    async def _run(self) -> None:
        while self._connections:
            await asyncio.sleep(CHECK_INTERVAL)
            await self._check()

    async def _check(self) -> None:
        connections = list(self._connections)
        credentials = {each.credential for each in connections}
        if not credentials:
            return
        try:
            good = await in_thread(good_credentials, credentials)
        except UNAVAILABLE_ERRORS as error:
            logger.warning("it is unknown who may keep their connections: %s", error)
            return
        for connection in connections:
            if connection.credential not in good and connection in self._connections:
                self._connections.discard(connection)
                connection.on_revoked()


@once_a_loop
def _watch() -> _Watch:
    """Return the connections of the running loop."""
    return _Watch()
