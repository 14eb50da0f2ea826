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
from generations.worker.claims import claimable, take, take_of_runs
from generations.worker.places import Places

LONGEST_REST = 0.5


class _Choice(NamedTuple):
    """The generations that a worker is about to claim, by key, and whether others have to wait."""

    keys: Sequence[int]
    others_wait: bool


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

        One statement if there are places enough. Each that claims is complete in itself, so they need no transaction.
        With a None, or if others wait already, it claims what comes next in the whole queue instead; what belongs to
        none of these runs is returned with the first.
        """
        runs = [run for run in run_ids if run is not None]
        in_turn = len(runs) < len(run_ids)
        claimed: list[Generation] = []
        if self._stopped:
            arrived, choice = [], _Choice([], others_wait=self.others_wait)
        elif in_turn or self.others_wait:
            arrived = claimable(runs)
            waits = self._places.full or (self.rest and not in_turn)
            choice = _Choice([], others_wait=True) if waits else self._choose_in_turn()
        else:
            most = self._places.free_for_all
            claimed += take_of_runs(runs, self._worker, most)
            # If these were as many as there are places for anybody, some may be left.
            arrived = claimable(runs) if len(claimed) == most else []
            chosen = self._places.choose(arrived, beside=claimed)
            choice = _Choice([each.pk for each in chosen], others_wait=len(chosen) < len(arrived))
        taken = take(choice.keys, self._worker)
        claimed += taken
        chosen_keys = set(choice.keys)
        waiting = [each for each in arrived if each.pk not in chosen_keys]
        others_were_first = len(taken) < len(choice.keys)
        transaction.on_commit(lambda: self._settle(claimed, waiting, choice, others_were_first=others_were_first))
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
        return _Choice([each.pk for each in in_turn], len(in_turn) < len(queue))

    def _settle(
        self,
        claimed: Sequence[Generation],
        waiting: Sequence[Generation],
        choice: _Choice,
        *,
        others_were_first: bool,
    ) -> None:
        """Note what a committed choice has changed."""
        self._places.hold(claimed)
        others_waited, self.others_wait = self.others_wait, choice.others_wait
        if waiting:
            self._on_waiting(waiting)
        elif choice.others_wait and (others_were_first or not others_waited):
            # A place that became free before anybody was known to wait was given to nobody.
            self._on_changed()
