"""Queries for runs and generations."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import QuerySet

from core.statements import PreparedQuery
from generations.models import IS_OPEN, Generation, Run

if TYPE_CHECKING:
    from generations.log.event_log import EntryId


@dataclass(slots=True)
class RunState:
    """A run and the generations that answer in it, ordered by index.

    ``start_id`` is the id of its ``start`` entry in the log, known only in the request that started the run.
    """

    run: Run
    generations: list[Generation]
    start_id: EntryId | None = None


def run_state(run_id: int) -> RunState:
    """Return a run with its generations; two queries. Raises Run.DoesNotExist."""
    return _state(Run.objects.get(pk=run_id))


def latest_run_state(topic: str) -> RunState | None:
    """Return the run of a topic that was started last; two queries."""
    run = Run.objects.filter(topic=topic).order_by("-pk").first()
    return None if run is None else _state(run)


def latest_run_id(topic: str) -> int:
    """Return the id of the run of a topic that was started last, 0 if there is none; one query."""
    return Run.objects.filter(topic=topic).order_by("-pk").values_list("pk", flat=True).first() or 0


def open_run_states(topic: str) -> list[RunState]:
    """Return the runs of a topic that have not ended, oldest first; two queries."""
    runs = Run.objects.filter(topic=topic, ended_at=None).order_by("pk").prefetch_related("active_generations")
    return [RunState(run, sorted(run.active_generations.all(), key=lambda each: each.index)) for run in runs]


_SLOT = PreparedQuery(lambda run, index: Generation.objects.filter(current_run=run, index=index), None, None)


def slot_generation(run_id: int, index: int) -> Generation | None:
    """Return the generation in a run's slot, None if a later attempt has taken it to another run; one query."""
    return _SLOT.row(run_id, index)


class ClaimId(NamedTuple):
    """One claim of one generation."""

    generation_id: int
    lease: uuid.UUID


def streaming_claims(generations: QuerySet[Generation]) -> list[ClaimId]:
    """Return the claims of the generations among these that stream; one query."""
    streaming = generations.filter(IS_OPEN, status=Generation.Status.STREAMING)
    return [ClaimId(key, lease) for key, lease in streaming.values_list("pk", "lease") if lease is not None]


def _state(run: Run) -> RunState:
    return RunState(run, list(run.active_generations.order_by("index")))
