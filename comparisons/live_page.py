"""What happens in a comparison, as HTML fragments for an open page: out-of-band swaps, many to a message.

While a column streams only its text changes, by the renderer's patches; when its generation ends the whole column is
replaced by the rendering of what was saved, which is what a reload would show.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string

from comparisons.models import Comparison
from comparisons.page_model import column, turn_columns
from comparisons.race import firsts
from comparisons.selectors import TurnState, turn_number, turn_states
from generations.log.events import Delta, Done, Ended, Event, Idle, Reached, Reset, Started
from generations.models import Generation
from generations.output.answer_view import answer_mark, shown_answer
from generations.output.live_answer import RunningAnswer
from generations.rendering import Patch
from generations.selectors import RunState, latest_run_id, open_run_states, queue_places

Key = tuple[int, int]
"""A run's id and a slot's index."""


class PageTeller:
    """Keeps one open page in step with its comparison; ``shown`` is its ``page_mark``.

    Its methods query and render: call them in a thread, one after the other.
    """

    def __init__(self, comparison: Comparison, shown: str) -> None:
        self._comparison = comparison
        self._shown = shown
        self._slots: dict[Key, RunningAnswer] = {}
        self._known_runs: set[int] = set()
        self._footers_told: dict[int, str] = {}

    def open(self) -> tuple[str, list[RunState], int]:
        """What has changed since the page was rendered, the runs that are to be watched from their start, and the id
        up to which the page knows all others."""
        known = latest_run_id(self._comparison.topic)
        states = open_run_states(self._comparison.topic)
        self._known_runs = {state.run.pk for state in states}
        return self._changed(), states, known

    def tell(self, events: Sequence[Event]) -> str:
        """The fragments for a batch of events; empty where they change nothing on the page."""
        touched: dict[Key, list[Patch]] = {}
        reasoned: dict[Key, str] = {}
        raced: set[int] = set()
        fragments: list[str] = []
        held_back = False
        for event in events:
            match event:
                case Delta(run_id, index, channel, text):
                    key = (run_id, index)
                    slot = self._slots.get(key)
                    if slot is not None and channel == "text":
                        if slot.say(text, event.time):
                            raced.add(run_id)
                        touched.setdefault(key, []).extend(slot.renderer.feed(text))
                    elif slot is not None:
                        slot.think(text)
                        reasoned[key] = reasoned.get(key, "") + text
                case Reached(phase="waiting"):
                    held_back = True
                case Reached(run_id, index, phase):
                    if (run_id, index) in self._slots:
                        self._slots[run_id, index].reach(phase)
                case Reset(run_id, index, text, reasoning):
                    if (run_id, index) in self._slots:
                        self._slots[run_id, index].start_over(text, reasoning)
                        touched.setdefault((run_id, index), [])
                case Started(state):
                    fragments.append(self._start(state))
                case Ended(run_id, generation):
                    touched.pop((run_id, generation.index), None)
                    reasoned.pop((run_id, generation.index), None)
                    self._slots.pop((run_id, generation.index), None)
                    fragments.append(self._column(generation))
                    raced.add(run_id)
                case Done(state):
                    fragments.append(self._footers(state.run.pk))
                case Idle():
                    self._look_at_the_queue()
                    self._flush(touched)
        if held_back:
            self._look_at_the_queue()
        fragments += [slot.status_fragment() for slot in self._slots.values()]
        changed = touched.keys() | reasoned.keys()
        fragments += [self._text(key, touched.get(key, []), reasoned.get(key, "")) for key in changed]
        fragments += map(self._firsts, sorted(raced))
        return "".join(fragments)

    def _text(self, key: Key, patches: list[Patch], reasoning: str) -> str:
        slot = self._slots.get(key)
        return "" if slot is None else slot.text_fragments(patches, reasoning)

    def _firsts(self, run_id: int) -> str:
        """Which slots of the run's turn were first, by what is saved and what has been heard since."""
        (state, *_) = turn_states(self._comparison, from_number=turn_number(run_id))
        for slot in state.slots:
            running = self._slots.get((slot.current_run_id, slot.index))
            if running is not None:
                slot.ttft, slot.time = running.generation.ttft, None
        found = firsts(state.slots)
        return "".join(
            self._rendered("_firsts", slot=column(shown_answer(slot, text=""), found)) for slot in state.slots
        )

    def _look_at_the_queue(self) -> None:
        """How far slots have come that said nothing yet: the log does not tell of their place in the line."""
        silent = {slot.generation.pk: slot for slot in self._slots.values() if slot.phase in ("waiting", "connecting")}
        states = open_run_states(self._comparison.topic) if silent else []
        found = [each for state in states for each in state.generations if each.pk in silent]
        waiting = [each for each in found if each.status == Generation.Status.QUEUED]
        places = queue_places(waiting)
        for generation in found:
            if generation.pk in places:
                silent[generation.pk].wait(places[generation.pk])
            elif generation.status == Generation.Status.STREAMING:
                silent[generation.pk].reach("connecting")

    def _flush(self, touched: dict[Key, list[Patch]]) -> None:
        """In a longer pause, show what the renderers hold back of an unfinished line."""
        for key, slot in self._slots.items():
            if patches := slot.renderer.flush():
                touched.setdefault(key, []).extend(patches)

    def _start(self, state: RunState) -> str:
        known = state.run.pk in self._known_runs
        for generation in [each for each in state.generations if each.is_open]:
            slot = self._slots[state.run.pk, generation.index] = RunningAnswer(generation)
            if known and slot.phase != "waiting":
                slot.told = ""
        self._known_runs.add(state.run.pk)
        return "" if known else self._begun(state)

    def _begun(self, state: RunState) -> str:
        """A new turn behind the others, or the columns of a retry in their places."""
        number = turn_number(state.run.pk)
        if any(generation.run_id != state.run.pk for generation in state.generations):
            columns = "".join(map(self._column, state.generations))
            turns = turn_states(self._comparison, from_number=number)
            return columns + self._firsts(state.run.pk) + self._footer(turns, 0)
        turns = turn_states(self._comparison, from_number=max(0, number - 1))
        return self._without_form(turns) + self._turn(turns[-1])

    def _changed(self) -> str:
        turns = turn_states(self._comparison)
        count, *marks = self._shown.split("-")
        known = int(count) if count.isdecimal() and len(count) < 9 else len(turns)
        fragments = []
        for position in range(max(0, known - 1), len(turns)):
            if position >= known:
                fragments.append(self._without_form(turns[: position + 1]) + self._turn(turns[position]))
            else:
                fragments.append(self._changed_columns(turns, position, marks))
        return "".join(fragments)

    def _changed_columns(self, turns: list[TurnState], position: int, marks: list[str]) -> str:
        changed = [slot for slot, mark in zip(turns[position].slots, marks, strict=False) if answer_mark(slot) != mark]
        columns = "".join(map(self._column, changed))
        told = self._firsts(turns[position].slots[0].current_run_id) if changed else ""
        return columns + told + self._footer(turns, position) if changed else ""

    def _without_form(self, turns: list[TurnState]) -> str:
        return self._footer(turns, len(turns) - 2) if len(turns) > 1 else ""

    def _turn(self, state: TurnState) -> str:
        """A turn at the end, also where the page has it already; ``#next-turn`` is there so that no swap misses."""
        (turn,) = turn_columns([state])
        section = self._rendered("_turn", turn=turn, last=True, oob=False)
        return (
            f'<div hx-swap-oob="delete:#turn-{turn.number}, #next-turn"></div>'
            f'<div hx-swap-oob="beforeend:#comparison">{section}<div id="next-turn" hidden></div></div>'
        )

    def _column(self, generation: Generation) -> str:
        return self._rendered("_column", slot=shown_answer(generation))

    def _footers(self, run_id: int) -> str:
        return self._footer(turn_states(self._comparison, from_number=turn_number(run_id)), 0)

    def _footer(self, turns: list[TurnState], position: int) -> str:
        """A turn's footer, where it is another than before: two runs may end at once, and somebody is about to vote."""
        (turn,) = turn_columns(turns[position : position + 1])
        footer = self._rendered("_turn_footer", turn=turn, last=position == len(turns) - 1)
        if self._footers_told.get(turn.number) == footer:
            return ""
        self._footers_told[turn.number] = footer
        return footer

    def _rendered(self, partial: str, **context: Any) -> str:
        return render_to_string(
            f"comparisons/{partial}.html", {"comparison": self._comparison, "oob": True, "live": True, **context}
        )
