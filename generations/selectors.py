"""Reading runs and generations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db.models import Count, Q

from generations.log.heartbeats import is_any_worker_there
from generations.models import Generation, Run


class RunState(NamedTuple):
    """A run and the generations that answer in it, by index."""

    run: Run
    generations: list[Generation]


def run_state(run_id: int) -> RunState:
    """2 queries; raises Run.DoesNotExist."""
    run = Run.objects.get(pk=run_id)
    return RunState(run, list(run.active_generations.order_by("index")))


def latest_run_state(topic: str) -> RunState | None:
    """The run that was started last in a topic."""
    run = Run.objects.filter(topic=topic).order_by("-pk").first()
    return None if run is None else RunState(run, list(run.active_generations.order_by("index")))


def latest_run_id(topic: str) -> int:
    """The id of the run that was started last in a topic, 0 where there is none."""
    return Run.objects.filter(topic=topic).order_by("-pk").values_list("pk", flat=True).first() or 0


def open_run_states(topic: str) -> list[RunState]:
    """The runs of a topic that have not ended, oldest first."""
    runs = Run.objects.filter(topic=topic, ended_at=None).order_by("pk").prefetch_related("active_generations")
    return [RunState(run, sorted(run.active_generations.all(), key=lambda g: g.index)) for run in runs]


def slot_generation(run_id: int, index: int) -> Generation | None:
    """The generation that answers in a run's slot; None where a later attempt has taken it to another run."""
    return Generation.objects.filter(current_run=run_id, index=index).first()


def queue_places(waiting: Sequence[Generation]) -> dict[int, int]:
    """Where queued generations stand in the line of all that wait, counted from 1, by id; one query. 0 says that
    there is no worker that would take them."""
    if not waiting:
        return {}
    if not is_any_worker_there():
        return dict.fromkeys((each.pk for each in waiting), 0)
    before = {f"before_{each.pk}": Count("pk", filter=_before(each)) for each in waiting}
    counts = Generation.objects.filter(status=Generation.Status.QUEUED).aggregate(**before)
    return {each.pk: counts[f"before_{each.pk}"] + 1 for each in waiting}


def _before(generation: Generation) -> Q:
    run = generation.current_run_id
    earlier = Q(current_run__lt=run) | Q(current_run=run, index__lt=generation.index)
    return Q(priority__lt=generation.priority) | (Q(priority=generation.priority) & earlier)


def waiting_places(generation_ids: Iterable[int]) -> list[tuple[Generation, int]]:
    """Those of these generations that still wait, with their places in the line; two queries."""
    waiting = list(Generation.objects.filter(pk__in=generation_ids, status=Generation.Status.QUEUED))
    places = queue_places(waiting)
    return [(each, places[each.pk]) for each in waiting]
