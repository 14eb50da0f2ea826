"""Live page of a comparison: events of its topic become HTML fragments for out-of-band swaps."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from comparisons.models import Comparison
from comparisons.page_model import footer_context, turn_views, with_race
from comparisons.race import race
from comparisons.selectors import TurnState, turn_number, turn_states
from generations.models import Generation
from generations.output.answer_view import answer_mark, answer_view
from generations.output.live_page import LivePage
from generations.selectors import RunState, latest_run_id, open_run_states


class ComparisonPage(LivePage):
    """Keeps the open pages of a comparison in step, in any number of tabs."""

    def __init__(self, comparison: Comparison) -> None:
        super().__init__()
        self._comparison = comparison
        self._known_runs: set[int] = set()
        self._footers: dict[int, str] = {}

    def open(self) -> tuple[list[RunState], int]:
        """Return the runs to follow from their start, and the id up to which pages know every other run. Pages join
        afterwards."""
        known = latest_run_id(self._comparison.topic)
        states = open_run_states(self._comparison.topic)
        self._known_runs = {state.run.pk for state in states}
        return states, known

    def join(self, shown: str, *, alone: bool) -> str:
        """Return what has changed since a page was rendered, whose ``page_mark`` is ``shown``: from then on ``render``
        returns its fragments, too. ``alone`` is True if no other page has joined."""
        turns = turn_states(self._comparison)
        slots = [slot for turn in turns for slot in turn.slots]
        return self._changed(turns, shown, to_all=alone) + self.catch_up(
            {(each.pk, each.attempt) for each in slots if not each.is_open}
        )

    def run_started(self, state: RunState) -> str:
        rendered = state.run.pk in self._known_runs
        self._known_runs.add(state.run.pk)
        fragments = "" if rendered else self._new_run(state)
        self.follow(state, rendered=rendered)
        return fragments

    def generation_ended(self, run_id: int, generation: Generation) -> str:
        return self._column(generation)

    def run_ended(self, state: RunState) -> str:
        return self._changed_footer(turn_states(self._comparison, from_number=turn_number(state.run.pk)), 0)

    def times_changed(self, run_id: int) -> str:
        """Return the marks of a turn's fastest answers, from saved times and from those that arrived since."""
        (state, *_) = turn_states(self._comparison, from_number=turn_number(run_id))
        for slot in state.slots:
            live = self._answers.get((slot.current_run_id, slot.index))
            if live is not None:
                slot.ttft, slot.time = live.generation.ttft, None
        result = race(state.slots)
        return "".join(
            self._rendered("_race", slot=with_race(answer_view(slot, text=""), result)) for slot in state.slots
        )

    def _new_run(self, state: RunState) -> str:
        """Return a new turn to append, or the columns of a retry to replace."""
        number = turn_number(state.run.pk)
        if any(generation.run_id != state.run.pk for generation in state.generations):
            columns = "".join(map(self._column, state.generations))
            turns = turn_states(self._comparison, from_number=number)
            return columns + self.times_changed(state.run.pk) + self._changed_footer(turns, 0)
        turns = turn_states(self._comparison, from_number=max(0, number - 1))
        return self._new_turn(turns, len(turns) - 1, to_all=True)

    def _changed(self, turns: list[TurnState], shown: str, *, to_all: bool) -> str:
        count, *marks = shown.split("-")
        known = int(count) if count.isdecimal() and len(count) < 9 else len(turns)
        fragments = []
        for position in range(max(0, known - 1), len(turns)):
            if position >= known:
                fragments.append(self._new_turn(turns, position, to_all=to_all))
            else:
                fragments.append(self._changed_columns(turns, position, marks, to_all=to_all))
        return "".join(fragments)

    def _changed_columns(self, turns: list[TurnState], position: int, marks: list[str], *, to_all: bool) -> str:
        changed = [slot for slot, mark in zip(turns[position].slots, marks, strict=False) if answer_mark(slot) != mark]
        self.note_shown(changed)
        columns = "".join(map(self._column, changed))
        race_fragments = self.times_changed(turns[position].slots[0].current_run_id) if changed else ""
        return columns + race_fragments + self._changed_footer(turns, position, to_all=to_all) if changed else ""

    def _new_turn(self, turns: list[TurnState], position: int, *, to_all: bool) -> str:
        """Return a turn to append, instead of one that the page may have already, and the footer of the one before it,
        which has no form any more.

        ``#next-turn`` lets the deletion find an element even if there is no such turn.
        """
        state = turns[position]
        (turn,) = turn_views([state])
        self.note_shown(state.slots)
        before = self._changed_footer(turns, position - 1, to_all=to_all) if position else ""
        if to_all:
            # The turn has its footer, which need not be sent again before it changes.
            self._changed_footer(turns, position)
        section = self._rendered("_turn", turn=turn, last=True, oob=False)
        return (
            f'{before}<div hx-swap-oob="delete:#turn-{turn.number}, #next-turn"></div>'
            f'<div hx-swap-oob="beforeend:#comparison">{section}<div id="next-turn" hidden></div></div>'
        )

    def _column(self, generation: Generation) -> str:
        return self._rendered("_column", slot=answer_view(generation))

    def _changed_footer(self, turns: list[TurnState], position: int, *, to_all: bool = True) -> str:
        """Return a turn's footer unless all pages have it: a needless swap would disturb a user who is about to vote.

        One that does not go ``to_all`` of them is always returned.
        """
        footer = self._rendered("_turn_footer", **footer_context(turns, position))
        if not to_all:
            return footer
        number = turns[position].turn.number
        known, self._footers[number] = self._footers.get(number), footer
        return "" if known == footer else footer

    def _rendered(self, partial: str, **context: Any) -> str:
        return render_to_string(
            f"comparisons/{partial}.html", {"comparison": self._comparison, "oob": True, "live": True, **context}
        )
