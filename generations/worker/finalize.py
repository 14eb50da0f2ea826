"""The end of generations: saved once, by the first process to do so, and then appended to the log."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import redis
from django.db import connection, transaction
from django.utils import timezone

from core.columns import fields_of, stored_value
from core.redis_clients import thread_client
from core.rows import only_row
from core.statements import rows_of
from generations.limits.answer_usage import fill_usage
from generations.limits.budgets import count_usage, counting, take_back_usage
from generations.log import event_log
from generations.log.event_log import NewEntry, Writer
from generations.models import OPEN_STATUSES, Generation, Run
from generations.on_complete import complete
from generations.worker.releases import release
from generations.worker.types import Outcome
from providers.adapters.base import ErrorCode, ProviderError

logger = logging.getLogger(__name__)

INTERRUPTED = "The answer was interrupted on our side. The text that had arrived is kept; retry to get all of it."
STOPPED = "Stopped."
SAVED = fields_of(Generation, [*(name for name in Generation.RESULT if name != "lease"), "status", "request"])
"""The fields that an end changes. The lease stays, for an answer that comes after its worker was taken for lost."""


class End(NamedTuple):
    """The end of a generation, as it was read when it was claimed or found open, with its ``current_run``."""

    generation: Generation
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class SavedEnd:
    """An end that was saved: the log entries to append after the commit, and whether its run has closed.

    ``others_wait`` says that answers of its user are held back, which may run now.
    """

    generation: Generation
    entries: list[NewEntry]
    closes_run: bool
    others_wait: bool = False

    @property
    def has_more_to_do(self) -> bool:
        """True if ``follow_up`` has anything to do."""
        return self.others_wait or self._completes

    @property
    def _completes(self) -> bool:
        return self.closes_run and bool(self.generation.current_run.on_complete)

    def follow_up(self) -> None:
        """Let those answers run that waited for this end, and do what the run has for its own; from a thread."""
        if self.others_wait:
            release(self.generation.user)
        if self._completes:
            complete(self.generation)


class _RunEnds(NamedTuple):
    """A run of which some generations have just ended, the one with the key ``last`` as the last of them.

    ``others_wait`` says that answers of its user are held back.
    """

    still_open: int
    last: int
    others_wait: bool


def end_generations(ends: Sequence[End]) -> list[SavedEnd | None]:
    """Save how generations ended and close the runs whose last open one is among them.

    A transaction of three statements; a single end is one statement on PostgreSQL. An end is None if another process
    has ended the generation or claimed it again meanwhile, unless that took its worker for lost and the answer is
    complete.
    """
    now = timezone.now()
    for generation, outcome in ends:
        _fill(generation, outcome, now)
        if outcome.error is not None:
            logger.warning("%s of generation %s: %s", outcome.error.code, generation.pk, outcome.error.detail)
    saved, runs = _save_ends([each.generation for each in ends], now)
    return [
        _saved_end(each.generation, runs[each.generation.current_run_id], now)
        if each.generation.pk in saved
        else _save_late(each)
        for each in ends
    ]


def end_generation(generation: Generation, outcome: Outcome) -> SavedEnd | None:
    """Save one end."""
    (saved,) = end_generations([End(generation, outcome)])
    return saved


def announce_end(saved: SavedEnd | None) -> None:
    """Append an end to the log, and then do what follows from it, from a thread.

    A reader that does not receive the entries finds the end in the database.
    """
    if saved is None:
        return
    try:
        event_log.append(thread_client(), saved.entries)
    except redis.RedisError as error:
        logger.warning("the end of generation %s could not be appended to the log: %s", saved.generation.pk, error)
    saved.follow_up()


def _fill(generation: Generation, outcome: Outcome, now: datetime) -> None:
    error = outcome.error
    if outcome.status == Generation.Status.STOPPED:
        error = ProviderError(ErrorCode.STOPPED, STOPPED, retryable=True)
    elif outcome.status == Generation.Status.INTERRUPTED:
        error = ProviderError(ErrorCode.INTERRUPTED, INTERRUPTED, retryable=True)
    generation.status = outcome.status
    generation.text, generation.reasoning = outcome.text, outcome.reasoning
    generation.timeline = outcome.timeline
    generation.time, generation.ttft = outcome.time, outcome.ttft
    generation.finish_reason, generation.answered_by = outcome.finish_reason, outcome.answered_by
    generation.adjustments = outcome.adjustments
    if error is not None:
        generation.error_code, generation.error, generation.retryable = error.code, error.message, error.retryable
        generation.vendor_message = error.vendor_message
    fill_usage(generation, outcome.usage, outcome.unanswered)
    generation.request = None
    generation.worker = ""
    generation.ended_at = now


def _save_ends(generations: Sequence[Generation], now: datetime) -> tuple[set[int], dict[int, _RunEnds]]:
    """Save ended generations that were open, count their usage, and count them out of their runs.

    Return the keys of those that still were open, and what has become of their runs, by key.
    """
    if len(generations) == 1 and connection.vendor == "postgresql":
        return _save_one(generations[0], now)
    with transaction.atomic(savepoint=False):
        keys = {each.pk for each in generations}
        if _save(generations, Generation.OPEN) < len(keys):
            keys = set(Generation.objects.filter(pk__in=keys, ended_at=now).values_list("pk", flat=True))
        saved = [each for each in generations if each.pk in keys]
        count_usage(saved)
        runs = {}
        if saved:
            statement, values = _closing(saved, now)
            runs = _run_ends(rows_of(statement, *values), saved)
        return keys, runs


def _save_one(generation: Generation, now: datetime) -> tuple[set[int], dict[int, _RunEnds]]:
    """Save one end in one statement, of which the other parts do nothing if the first one finds no open generation."""
    values = _values(generation)
    parts = [f"ended AS ({_update(Generation.OPEN)} RETURNING id)"]
    if generation.usage_source:
        statement, more = counting(generation, "EXISTS (SELECT 1 FROM ended)")
        parts.append(f"counted AS ({statement})")
        values += more
    closing, more = _closing([generation], now, "EXISTS (SELECT 1 FROM ended)")
    rows = rows_of(f"WITH {', '.join(parts)} {closing}", *values, *more)
    return {generation.pk} if rows else set(), _run_ends(rows, [generation])


def _save(generations: Sequence[Generation], statuses: Sequence[str]) -> int:
    """Write the ended generations that still have one of these statuses, the same attempt and the same claim; return
    their number. One statement."""
    rows = [_values(each) for each in generations]
    with connection.cursor() as cursor:
        if len(rows) == 1:
            # psycopg would open a pipeline for one row as well.
            cursor.execute(_update(statuses), rows[0])
        else:
            cursor.executemany(_update(statuses), rows)
        return int(cursor.rowcount)


def _update(statuses: Sequence[str]) -> str:
    columns = ", ".join(f"{connection.ops.quote_name(str(field.column))} = %s" for field in SAVED)
    allowed = ", ".join(f"'{status}'" for status in statuses)
    return (
        f"UPDATE {Generation._meta.db_table} SET {columns} "  # noqa: S608
        f"WHERE id = %s AND attempt = %s AND status IN ({allowed}) "
        "AND (lease = %s OR (lease IS NULL AND CAST(%s AS text) IS NULL))"
    )


def _values(generation: Generation) -> list[Any]:
    """Return the values of ``_update``."""
    claim = stored_value(Generation, "lease", generation.lease)
    values = [field.get_db_prep_save(getattr(generation, field.attname), connection) for field in SAVED]
    return [*values, generation.pk, generation.attempt, claim, claim]


def _save_late(end: End) -> SavedEnd | None:
    """Save a complete answer whose worker was taken for lost meanwhile; None if there is no such answer.

    Its end is in the log already, with the end of its run. Only what follows that has more to do now.
    """
    generation, outcome = end
    if outcome.status != Generation.Status.COMPLETED or generation.lease is None:
        return None
    with transaction.atomic(savepoint=False):
        lost = only_row(
            Generation.objects.select_related("current_run").filter(
                pk=generation.pk, lease=generation.lease, status=Generation.Status.INTERRUPTED
            )
        )
        if lost is None or not _save([generation], [Generation.Status.INTERRUPTED]):
            return None
        logger.warning("generation %s has completed although its worker was taken for lost", generation.pk)
        count_usage([generation])
        take_back_usage(lost)
    return SavedEnd(generation, [], closes_run=True)


def _closing(generations: Sequence[Generation], now: datetime, condition: str = "true") -> tuple[str, list[Any]]:
    """Return the statement that counts ended generations out of their runs, and closes the runs that have no open one
    left, and its values."""
    ended = Counter(each.current_run_id for each in generations)
    number = f"CASE id {' '.join(['WHEN %s THEN %s'] * len(ended))} END"
    numbers = [value for item in ended.items() for value in item]
    open_ones = f"SELECT 1 FROM {Generation._meta.db_table} g WHERE g.status IN {OPEN_STATUSES}"  # noqa: S608
    statement = (
        f"UPDATE {Run._meta.db_table} SET open = open - {number}, "  # noqa: S608
        f"ended_at = CASE WHEN open = {number} THEN %s ELSE ended_at END "
        f"WHERE id IN ({', '.join(['%s'] * len(ended))}) AND {condition} "
        f"RETURNING id, open, EXISTS ({open_ones} AND g.status = 'queued' AND g.held_back "
        f"AND g.user_id = {Run._meta.db_table}.user_id)"
    )
    return statement, [*numbers, *numbers, stored_value(Run, "ended_at", now), *ended]


def _run_ends(rows: Iterable[tuple[Any, ...]], generations: Sequence[Generation]) -> dict[int, _RunEnds]:
    """Return what ``_closing`` has returned, by the key of the run."""
    last = {each.current_run_id: each.pk for each in generations}
    return {run: _RunEnds(still_open, last[run], bool(others)) for run, still_open, others in rows}


def _saved_end(generation: Generation, run: _RunEnds, now: datetime) -> SavedEnd:
    run_id, topic = generation.current_run_id, generation.current_run.topic
    closes_run = run.still_open == 0 and run.last == generation.pk
    writer = Writer(generation.pk, f"ended:{generation.attempt}:{uuid.uuid4().hex}", takes=True)
    entries = [NewEntry(topic, {"run": run_id, "index": generation.index, "kind": "end"}, writer)]
    if closes_run:
        entries.append(NewEntry(topic, {"run": run_id, "kind": "done", "at": now.isoformat()}))
    return SavedEnd(generation, entries, closes_run, run.others_wait)
