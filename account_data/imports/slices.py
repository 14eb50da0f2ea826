"""Slices of an import: transactions of bounded size, between which other users write.

On SQLite a transaction that writes keeps out all others. What a slice writes is hidden (``incomplete_since``) until the
whole import is there.
"""

from __future__ import annotations

import gc
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from account_data.imports.ids import BATCH, take_free_ids
from account_data.imports.images import ImportedImage, attach_images, undo_images
from accounts.models import User
from comparisons.models import Candidate, Comparison, Turn, Vote
from conversations.models import Conversation, Message, message_keys
from core.errors import Conflict
from generations.models import Generation, Run

MOST_ROWS, MOST_CHARACTERS = 200, 1_000_000
"""The most of one slice, unless a single message has more; it takes about 40 ms."""
ORDER: tuple[type[Model], ...] = (Comparison, Run, Turn, Vote, Conversation, Candidate, Generation, Message)
"""The order in which rows are saved, so that each comes after those that it refers to."""
DELETED = "Nothing was imported: the account, or what was imported so far, was deleted meanwhile."


@dataclass(slots=True)
class Piece:
    """Rows that are saved in the same slice, such as a message with its answer and run.

    ``images`` are those of the message among the rows. ``size`` counts characters, and bytes of images.
    """

    rows: list[Any]
    size: int = 0
    images: list[ImportedImage] = field(default_factory=list)


def write_slices(user: User, pieces: Iterable[Piece]) -> None:
    """Save the pieces, each slice in a transaction of its own."""
    for each in slices(pieces):
        begun = time.monotonic()
        with no_garbage_collection():
            _write(user, each)
        give_way(time.monotonic() - begun)


def slices(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Yield the pieces in lists of at most ``MOST_ROWS`` rows and ``MOST_CHARACTERS``; a larger piece is alone."""
    current: list[Piece] = []
    rows = size = 0
    for piece in pieces:
        if current and (rows + _row_count(piece) > MOST_ROWS or size + piece.size > MOST_CHARACTERS):
            yield current
            current, rows, size = [], 0, 0
        current.append(piece)
        rows, size = rows + _row_count(piece), size + piece.size
    if current:
        yield current


def _row_count(piece: Piece) -> int:
    return len(piece.rows) + len(piece.images)


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Put off the collection of garbage: over all objects of a large archive it takes ten times as long as a slice."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def give_way(seconds: float) -> None:
    """Let others write after a transaction of this duration.

    SQLite has no queue: who waits for the lock looks again after half the time that it has waited already, or sooner.
    """
    if connection.vendor == "sqlite":
        time.sleep(seconds)


def lock_user(user: User) -> None:
    """Lock the user until the end of the transaction; raises Conflict if the account is gone."""
    if User.objects.select_for_update().filter(pk=user.pk).first() is None:
        raise Conflict(DELETED)


def _write(user: User, pieces: Sequence[Piece]) -> None:
    images = [image for piece in pieces for image in piece.images if image.stored is None]
    try:
        with transaction.atomic():
            lock_user(user)
            _save(user, pieces)
    except BaseException:
        undo_images(images)
        raise


def _save(user: User, pieces: Sequence[Piece]) -> None:
    rows: defaultdict[type[Model], list[Any]] = defaultdict(list)
    for piece in pieces:
        for row in piece.rows:
            rows[type(row)].append(row)
    take_free_ids(Generation, rows[Generation])
    take_free_ids(Message, rows[Message])
    for model in ORDER:
        if model is Message:
            _give_keys(rows[Message], rows[Run][-1] if rows[Run] else None, user)
        if model in HIDDEN:
            _create_hidden(model, rows[model])
        else:
            _create(model, rows[model])
    attach_images(user, [(_message(piece), piece.images) for piece in pieces if piece.images])


def _message(piece: Piece) -> Message:
    return next(row for row in piece.rows if isinstance(row, Message))


def _give_keys(messages: Sequence[Message], run: Run | None, user: User) -> None:
    """Give messages their keys, which come from a run; one without answers is created if there is none."""
    if not messages:
        return
    if run is None:
        topic = f"import.{uuid.uuid4().hex}"
        run = Run.objects.create(topic=topic, user=user, total=0, open=0, ended_at=timezone.now())
    for message, key in zip(messages, message_keys(run), strict=False):
        message.pk = key


HIDDEN: tuple[Any, ...] = (Comparison, Conversation)


def _create_hidden(model: Any, rows: Sequence[Any]) -> None:
    """Create rows under random ids, so that remains of an import are in the way of no other."""
    own = [(row.public_id, row.updated_at) for row in rows]
    for row in rows:
        row.public_id = uuid.uuid4()
    model.objects.bulk_create(rows, batch_size=BATCH)
    for row, (public_id, updated_at) in zip(rows, own, strict=True):
        row.public_id, row.updated_at = public_id, updated_at


def _create(model: Any, rows: Sequence[Any]) -> None:
    """Create rows that keep their ``updated_at``, which Django would set to now."""
    timestamps = [getattr(row, "updated_at", None) for row in rows]
    model.objects.bulk_create(rows, batch_size=BATCH)
    if model is Vote and rows:
        for row, updated_at in zip(rows, timestamps, strict=True):
            row.updated_at = updated_at
        model.objects.bulk_update(rows, ["updated_at"], batch_size=BATCH)


def publish(model: Any, rows: Sequence[Any], *more: str) -> None:
    """Show hidden rows, with their own ids, times and the fields in ``more``; call it within a transaction.

    Raises Conflict if one of them was deleted, and IntegrityError if one of the ids is taken.
    """
    if not rows:
        return
    fields = [model._meta.get_field(name) for name in ("public_id", "updated_at", "incomplete_since", *more)]
    for row in rows:
        row.incomplete_since = None
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(each.column)} = %s" for each in fields)
    statement = f"UPDATE {quote(model._meta.db_table)} SET {columns} WHERE id = %s"  # noqa: S608
    values = [
        [*(each.get_db_prep_save(getattr(row, each.attname), connection) for each in fields), row.pk] for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)
        if cursor.rowcount != len(rows):
            raise Conflict(DELETED)
