"""The queue: the order in which answers that wait begin, and their positions in it.

The database holds the queue. It is shared over the users: among answers of the same priority, the next one is the
oldest of the user who has the fewest answers running.
"""

from __future__ import annotations

import heapq
import threading
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import groupby

from django.db.models import Count

from core.process_cache import remembered
from generations.log.heartbeats import is_any_worker_alive
from generations.models import IS_OPEN, Generation

NO_WORKER = 0
"""The position of an answer that waits although no worker is alive."""
LOOK_INTERVAL = 1.0
"""Seconds between two looks of a reader at the positions, and between two looks of a process at the queue."""
SHORTEST_INTERVAL = 0.2
"""Seconds after which a process looks again for an answer that was not in the queue."""
_looking = threading.Lock()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A generation in the queue; fields as in ``Generation``."""

    pk: int
    user_id: int
    priority: int
    current_run_id: int
    index: int
    held_back: bool


def fair_order(waiting: Iterable[Waiting], running: Mapping[int, int]) -> list[Waiting]:
    """Return generations in the order in which they begin; ``running`` counts the running ones by user.

    Those that are held back come last, because others may begin before them at any time.
    """
    counts = defaultdict(int, running)
    ordered: list[Waiting] = []
    by_age = sorted(waiting, key=lambda each: (each.held_back, each.priority, each.current_run_id, each.index))
    for _, equals in groupby(by_age, key=lambda each: (each.held_back, each.priority)):
        queues: dict[int, deque[Waiting]] = defaultdict(deque)
        for each in equals:
            queues[each.user_id].append(each)
        heap = [_turn(counts, queue) for queue in queues.values()]
        heapq.heapify(heap)
        while heap:
            *_, user_id = heap[0]
            queue = queues[user_id]
            ordered.append(queue.popleft())
            counts[user_id] += 1
            if queue:
                heapq.heapreplace(heap, _turn(counts, queue))
            else:
                heapq.heappop(heap)
    return ordered


def _turn(running: Mapping[int, int], queue: Sequence[Waiting]) -> tuple[int, int, int, int]:
    """Return what decides when the first generation of one user's queue is next; the user comes last."""
    first = queue[0]
    return running[first.user_id], first.current_run_id, first.index, first.user_id


def whole_queue() -> list[Waiting]:
    """Return all queued generations in their order; two queries, one if there are none."""
    queued = Generation.objects.filter(IS_OPEN, status=Generation.Status.QUEUED).order_by()
    waiting = [Waiting(*row) for row in queued.values_list(*(field.name for field in fields(Waiting)))]
    if not waiting:
        return []
    streaming = Generation.objects.filter(IS_OPEN, status=Generation.Status.STREAMING).order_by()
    return fair_order(waiting, dict(streaming.values_list("user_id").annotate(Count("pk"))))


def queue_positions(generation_ids: Collection[int]) -> dict[int, int]:
    """Return the positions of those of these generations that wait, counted from 1, by primary key.

    They are up to ``LOOK_INTERVAL`` seconds old, so that many readers cost no more than one. Every position is
    ``NO_WORKER`` if no worker is alive.
    """
    if not generation_ids:
        return {}
    with _looking:
        known = remembered("queue", _look, LOOK_INTERVAL)
        if any(key not in known for key in generation_ids):
            known = remembered("queue", _look, SHORTEST_INTERVAL)
    return {key: known[key] for key in generation_ids if key in known}


def _look() -> dict[int, int]:
    queue = whole_queue()
    first, step = (1, 1) if not queue or is_any_worker_alive() else (NO_WORKER, 0)
    return {each.pk: first + step * place for place, each in enumerate(queue)}
