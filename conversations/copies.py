"""Copies of branches into other conversations: forks, and chats that a comparison continues."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Coalesce, Length
from django.utils import timezone

from conversations.message_tree import message_tree
from conversations.models import Conversation, Message, MessageImage, message_keys
from conversations.schemas import MAX_COPIED_MESSAGES
from core.errors import InvalidInput
from core.row_copies import copy_rows, random_uuid
from generations.models import Generation, Run
from generations.services import copy_generations

MAX_COPIED_CHARACTERS = 10_000_000
"""The most that is copied at once, in all columns together; ``MAX_COPIED_MESSAGES`` counts all of them, too."""
TOO_LONG = (
    f"This is too long to be copied: at most {MAX_COPIED_MESSAGES:,} messages and {MAX_COPIED_CHARACTERS:,} "
    "characters, in all columns together. Fork it at an earlier message first, or choose fewer models."
)


def copy_branch(*, source: Conversation, leaf_id: int | None, targets: Sequence[Conversation]) -> None:
    """Copy the branch of ``source`` that ends with ``leaf_id`` into each of the empty ``targets``.

    Call it in a transaction. Raises InvalidInput if there is too much to copy, which others would have to wait for.
    """
    path = message_tree(source).path(leaf_id)
    _check_size(path, len(targets))
    if not path:
        return
    generations = dict(Message.objects.filter(pk__in=path).values_list("pk", "generation"))
    answers = [key for key in path if generations[key] is not None]
    indexes = {key: index for index, key in enumerate(answers)}
    places = [(key, indexes.get(key)) for key in path]
    for target in targets:
        run = copy_generations(user=target.user, keys=[generations[key] for key in answers])
        _copy_messages(places, target, run)
    Conversation.objects.bulk_update(targets, ["leaf"])


def _copy_messages(places: Sequence[tuple[int, int | None]], target: Conversation, run: Run) -> None:
    """Copy a branch into a conversation; ``places`` has the key of each message, and the index of its answer in the run
    that has the copies of the answers."""
    first = next(message_keys(run))
    answer = f"(SELECT id FROM {Generation._meta.db_table} WHERE run_id = {run.pk} AND {{}} = place.second)"  # noqa: S608
    changed = {
        "id": f"{first} + place.number",
        "public_id": random_uuid(),
        "conversation_id": str(target.pk),
        "parent_id": f"CASE place.number WHEN 0 THEN NULL ELSE {first} + place.number - 1 END",
        "generation_id": answer.format(connection.ops.quote_name("index")),
        "created_at": "%s",
    }
    created_at = Message._meta.get_field("created_at").get_db_prep_save(timezone.now(), connection)
    copy_rows(Message, "id", places, changed, created_at)
    copy_rows(MessageImage, "message_id", places, {"message_id": f"{first} + place.number"})
    target.leaf_id = first + len(places) - 1


def _check_size(path: Sequence[int], times: int) -> None:
    """Raise InvalidInput if so many copies of these messages are too many rows or too much text; one query."""
    if len(path) * times > MAX_COPIED_MESSAGES:
        raise InvalidInput(TOO_LONG)
    lengths = [Coalesce(Length(name), 0) for name in ("text", "generation__text", "generation__reasoning")]
    length = Message.objects.filter(pk__in=path).aggregate(sum=Sum(reduce(add, lengths)))["sum"] or 0
    if length * times > MAX_COPIED_CHARACTERS:
        raise InvalidInput(TOO_LONG)
