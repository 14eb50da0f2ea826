"""Ids of imported objects: the ids from the archive if these are free, so that links to the objects still work.

If the id of a chat, comparison, image, preset or template belongs to another user of this installation, it gets an id
derived from that and from the importing user. A second import of the same archive finds it under either id and skips
it. What belongs to these, like messages, gets a random id.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import QuerySet

from accounts.models import User

BATCH = 500
"""Ids in one query, rows in one statement."""
Item = TypeVar("Item")
Row = TypeVar("Row", bound=Any)


def new_items(user: User, items: Sequence[Item], row_of: Callable[[Item], Any], mine: QuerySet[Any]) -> list[Item]:
    """Return the items whose rows are not among ``mine``, with free ids."""
    derived = {row_of(item).public_id: _derived_id(user, row_of(item).public_id) for item in items}
    ids = [*derived.keys(), *derived.values()]
    owned, taken = _existing_ids(mine, ids), _existing_ids(mine.model._default_manager.all(), ids)
    new = []
    for item in items:
        row = row_of(item)
        candidates = (row.public_id, derived[row.public_id])
        if owned.isdisjoint(candidates):
            row.public_id = next((each for each in candidates if each not in taken), uuid.uuid4())
            new.append(item)
    return new


def unpublished(items: Sequence[Item], row_of: Callable[[Item], Any], mine: QuerySet[Any]) -> list[Item]:
    """Return the items whose final ids are not among ``mine``."""
    owned = _existing_ids(mine, [row_of(item).public_id for item in items])
    return [item for item in items if row_of(item).public_id not in owned]


def existing_rows(user: User, ids: Sequence[uuid.UUID], mine: QuerySet[Row]) -> dict[uuid.UUID, Row]:
    """Return the rows of ``mine`` for these ids of an archive, by id; locked until the end of the transaction."""
    existing: dict[uuid.UUID, Row] = {}
    for first in range(0, len(ids), BATCH):
        originals = {name: each for each in ids[first : first + BATCH] for name in (_derived_id(user, each), each)}
        for row in mine.filter(public_id__in=originals).select_for_update().order_by("pk"):
            existing[originals[row.public_id]] = row
    return existing


def _derived_id(user: User, public_id: uuid.UUID) -> uuid.UUID:
    return uuid.uuid5(user.public_id, str(public_id))


def take_free_ids(model: Any, rows: Sequence[Any]) -> None:
    """Give new ids to the rows whose ids are taken."""
    taken = _existing_ids(model.objects.all(), [row.public_id for row in rows])
    for row in rows:
        if row.public_id in taken:
            row.public_id = uuid.uuid4()


def _existing_ids(rows: QuerySet[Any], ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    existing: set[uuid.UUID] = set()
    for first in range(0, len(ids), BATCH):
        existing.update(rows.filter(public_id__in=ids[first : first + BATCH]).values_list("public_id", flat=True))
    return existing
