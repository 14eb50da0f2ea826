"""Ids of imported objects: their own if these are free, so that links to them still work.

If an id belongs to somebody else on this installation, a conversation or comparison gets one that is derived from it
and from the importing user. So a second import of the same archive finds the objects under either id, and skips them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import QuerySet

from accounts.models import User

BATCH = 500
Item = TypeVar("Item")
Row = TypeVar("Row", bound=Any)


def new_items(user: User, items: Sequence[Item], row_of: Callable[[Item], Any], mine: QuerySet[Any]) -> list[Item]:
    """Return those of ``items`` whose rows are not among ``mine``, with free ids."""
    others = {row_of(item).public_id: _id_for(user, row_of(item).public_id) for item in items}
    ids = [*others.keys(), *others.values()]
    owned, taken = _found(mine, ids), _found(mine.model._default_manager.all(), ids)
    new = []
    for item in items:
        row = row_of(item)
        choices = (row.public_id, others[row.public_id])
        if owned.isdisjoint(choices):
            row.public_id = next((each for each in choices if each not in taken), uuid.uuid4())
            new.append(item)
    return new


def held_rows(user: User, ids: Sequence[uuid.UUID], mine: QuerySet[Row]) -> dict[uuid.UUID, Row]:
    """Return those of ``mine`` that these ids of an archive stand for, by id; locked until the end of the
    transaction."""
    held: dict[uuid.UUID, Row] = {}
    for first in range(0, len(ids), BATCH):
        names = {name: each for each in ids[first : first + BATCH] for name in (_id_for(user, each), each)}
        for row in mine.filter(public_id__in=names).select_for_update().order_by("pk"):
            held[names[row.public_id]] = row
    return held


def _id_for(user: User, public_id: uuid.UUID) -> uuid.UUID:
    return uuid.uuid5(user.public_id, str(public_id))


def take_free_ids(model: Any, rows: Sequence[Any]) -> None:
    """Give new ids to those of ``rows`` whose own are taken."""
    taken = _found(model.objects.all(), [row.public_id for row in rows])
    for row in rows:
        if row.public_id in taken:
            row.public_id = uuid.uuid4()


def _found(rows: QuerySet[Any], ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    found: set[uuid.UUID] = set()
    for first in range(0, len(ids), BATCH):
        found.update(rows.filter(public_id__in=ids[first : first + BATCH]).values_list("public_id", flat=True))
    return found
