"""The scheduler: which generations a worker claims next.

A run that comes while nobody waits is claimed directly. If some have to wait, all of them are claimed in the order of
the queue, as places become free.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.db import transaction

from generations.limits.queue import whole_queue
from generations.models import Generation
from generations.worker.claims import claimable, queued, take
from generations.worker.places import Places

LONGEST_REST = 0.5


class _Choice(NamedTuple):
    """The generations that a worker is about to claim; whether others have to wait, or another worker was first."""

    generations: Sequence[Generation]
    others_wait: bool
    others_were_first: bool = False


class Scheduler:
    """Claims for one worker; the methods run in the thread that writes.

    ``on_waiting`` is called with generations of a run that have come and have to wait, ``on_changed`` if the queue
    has to be looked at again, because something has changed during this look.
    """

    def __init__(
        self,
        worker: str,
        places: Places,
        *,
        on_waiting: Callable[[Sequence[Generation]], None],
        on_changed: Callable[[], None],
    ) -> None:
        self.others_wait = False
        self._worker = worker
        self._places = places
        self._on_waiting = on_waiting
        self._on_changed = on_changed
        self._stopped = False
        self._rest_until = 0.0

    @property
    def rest(self) -> float:
        """The seconds for which the queue is not read again; 0 if it may be read now."""
        return max(0.0, self._rest_until - time.monotonic())

    def stop(self) -> None:
        """Claim nothing more; may be called from any thread."""
        self._stopped = True

    def claim(self, run_ids: Sequence[int | None]) -> list[list[Generation]]:
        """Claim the generations of these runs, as far as there are places, and return by run what was claimed.

        Two statements, of which the second decides, so they need no transaction. With a None, or if others wait
        already, it claims what comes next in the whole queue instead; what belongs to none of these runs is returned
        with the first.
        """
        arrived = claimable(run for run in run_ids if run is not None)
        if self._stopped:
            return [[] for _ in run_ids]
        if not (self.others_wait or None in run_ids):
            chosen = self._places.choose(arrived)
            choice = _Choice(chosen, others_wait=len(chosen) < len(arrived))
        elif self._places.full or (self.rest and None not in run_ids):
            choice = _Choice([], others_wait=True)
        else:
            choice = self._choose_in_turn()
        claimed = take(choice.generations, self._worker)
        chosen_keys = {each.pk for each in choice.generations}
        waiting = [each for each in arrived if each.pk not in chosen_keys]
        transaction.on_commit(lambda: self._settle(claimed, waiting, choice))
        by_run: dict[int | None, list[Generation]] = {run: [] for run in run_ids}
        for each in claimed:
            by_run.get(each.current_run_id, by_run[run_ids[0]]).append(each)
        return [by_run.pop(run, []) for run in run_ids]

    def _choose_in_turn(self) -> _Choice:
        began = time.monotonic()
        queue = [each for each in whole_queue() if not each.held_back]
        now = time.monotonic()
        # A long queue takes time to read; leave most of it to the answers.
        self._rest_until = now + min(3 * (now - began), LONGEST_REST)
        in_turn = self._places.choose(queue)
        generations = queued(each.pk for each in in_turn)
        return _Choice(generations, len(in_turn) < len(queue), others_were_first=len(generations) < len(in_turn))

    def _settle(self, claimed: Sequence[Generation], waiting: Sequence[Generation], choice: _Choice) -> None:
        """Note what a committed choice has changed."""
        self._places.hold(claimed)
        others_waited, self.others_wait = self.others_wait, choice.others_wait
        if waiting:
            self._on_waiting(waiting)
        elif choice.others_wait and (
            choice.others_were_first or len(claimed) < len(choice.generations) or not others_waited
        ):
            # A place that became free before anybody was known to wait was given to nobody.
            self._on_changed()
