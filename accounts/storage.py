"""Storage of each user: the bytes of their texts and images, and the refusal of more than ``STORAGE_PER_USER_MB``.

The bytes are counted, not kept in a counter: deletions, imports and retries change them at many places, and a counter
that missed one would be wrong for ever. A count lasts for a minute, or a hundred times as long as it took. Until then
this process adds what it lets in.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.models import BigIntegerField, F, Func, JSONField, Model, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from core.errors import StorageFull

MB = 1024 * 1024
FULL = (
    "Your chats, comparisons and images take {used:,} MB of the {limit:,} MB that you may keep. "
    "Delete some of them under History or Chats, and try again."
)
SECONDS = 60.0
"""The time for which a count is used."""
LEAST_SECONDS = 5.0
"""The time for which a count is used to refuse something, since its user may have deleted the rest meanwhile."""
MOST_EFFORT, MOST_EFFORT_OF_DOUBT = 0.01, 0.1
"""The shares of the time in which a user's bytes may be counted."""

logger = logging.getLogger(__name__)


class Bytes(Func):
    """The bytes of a column as they are stored; PostgreSQL and SQLite since 3.43 know them without reading the text."""

    output_field = BigIntegerField()

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        is_json = isinstance(self.source_expressions[0].output_field, JSONField)
        return super().as_sql(compiler, connection, function="pg_column_size" if is_json else "octet_length")

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        if sqlite3.sqlite_version_info >= (3, 43):
            return super().as_sql(compiler, connection, function="octet_length")
        return super().as_sql(compiler, connection, template="LENGTH(CAST(%(expressions)s AS BLOB))")


@dataclass(slots=True)
class _Count:
    size: int
    counted_at: float
    seconds: float

    def is_older_than(self, seconds: float, effort: float) -> bool:
        return time.monotonic() > self.counted_at + max(seconds, self.seconds / effort)


_sources: list[Callable[[int], int]] = []
_counts: dict[int, _Count] = {}
_coming: dict[int, Future[None]] = {}
_thread = ThreadPoolExecutor(1, thread_name_prefix="storage")


def register_texts(model: type[Model], *fields: str, user: str = "user") -> None:
    """Count these columns of a model's rows; ``user`` is the path to their owner."""
    size = reduce(add, (Coalesce(Bytes(F(name)), 0) for name in fields))
    _sources.append(lambda key: model._default_manager.filter(**{user: key}).aggregate(size=Sum(size))["size"] or 0)


def register_sizes(model: type[Model], field: str) -> None:
    """Count the bytes that a column of a model's rows states, for files outside of the database."""
    _sources.append(lambda key: model._default_manager.filter(user=key).aggregate(size=Sum(field))["size"] or 0)


def stored_bytes(user: User) -> int:
    """Return the bytes that the user has stored; one query for each registered model."""
    return sum(source(user.pk) for source in _sources)


def check_storage(user: User, adding: int) -> None:
    """Raise StorageFull if the user has no room for so many bytes more; no query if they were counted lately."""
    limit = _limit()
    if limit is None:
        return
    known = _counts.get(user.pk)
    if known is None or known.is_older_than(SECONDS, MOST_EFFORT) or _is_doubtful(known, adding, limit):
        known = _count(user)
    if known.size + adding > limit:
        raise StorageFull(FULL.format(used=known.size // MB, limit=limit // MB))
    known.size += adding


def check_storage_of_start(user: User) -> None:
    """Raise StorageFull if the user may keep nothing more. It counts in the background, and waits for a count only if
    the last one left no room; so a start costs no query, and one that comes first may be let in."""
    limit = _limit()
    if limit is None:
        return
    known = _counts.get(user.pk)
    if known is None or (known.size < limit and known.is_older_than(SECONDS, MOST_EFFORT)):
        _count_later(user)
    elif known.size >= limit:
        check_storage(user, 1)


def forget_counts() -> None:
    """Wait for the counts that run, and forget all."""
    for coming in list(_coming.values()):
        coming.result()
    _counts.clear()


def _limit() -> int | None:
    return int(settings.STORAGE_PER_USER_MB) * MB or None


def _is_doubtful(known: _Count, adding: int, limit: int) -> bool:
    return known.size + adding > limit and known.is_older_than(LEAST_SECONDS, MOST_EFFORT_OF_DOUBT)


def _count(user: User) -> _Count:
    begun = time.monotonic()
    size = stored_bytes(user)
    count = _counts[user.pk] = _Count(size, begun, time.monotonic() - begun)
    return count


def _count_later(user: User) -> None:
    if user.pk in _coming:
        return
    coming: Future[None] = Future()
    _coming[user.pk] = coming

    def run() -> None:
        try:
            _count(user)
        except Exception:
            logger.exception("the storage of user %s could not be counted", user.public_id)
        finally:
            connections.close_all()
            del _coming[user.pk]
            coming.set_result(None)

    _thread.submit(run)
