"""Base of the live pages: a reducer from a topic's events to HTML fragments for one open page.

While an answer streams, only its text changes, by the renderer's patches. When its generation ends, the subclass
replaces the answer by a rendering of the saved one, which is what a reload would show.
"""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field

from core.shares import Shares
from generations.limits.queue import LOOK_INTERVAL, queue_positions
from generations.log.events import Adjusted, Delta, Done, Ended, Event, Idle, PhaseChanged, Reset, Started
from generations.models import Generation
from generations.output.live_answer import LiveAnswer
from generations.phases import Phase
from generations.rendering import Patch
from generations.selectors import RunState

PAGE_SHARES = Shares()
"""The time of this process that each user's open pages take, so that none of them keeps the pages of others waiting."""
Slot = tuple[int, int]
"""A run's id and an index in it."""


@dataclass(slots=True)
class _Batch:
    """The changes of one batch of events, collected until they are rendered."""

    fragments: list[str] = field(default_factory=list)
    patches: dict[Slot, list[Patch]] = field(default_factory=dict)
    reasoning: dict[Slot, str] = field(default_factory=dict)
    ended_runs: set[int] = field(default_factory=set)
    look_at_queue: bool = False


class LivePage:
    """Keeps one open page in step with the topic that it shows.

    The methods query and render, so call them from a thread, one after the other. Subclasses return the other changes
    on the page if a run starts, a generation or a run ends, or an answer gets its first text.
    """

    def __init__(self) -> None:
        self._answers: dict[Slot, LiveAnswer] = {}
        self._ended: set[tuple[int, int]] = set()
        self._begun_runs: set[int] = set()
        self._looked_at = time.monotonic()

    def run_started(self, state: RunState) -> str:
        """Return the fragments for a run that begins."""
        raise NotImplementedError

    def generation_ended(self, run_id: int, generation: Generation) -> str:
        """Return the fragments for an answer that was saved."""
        raise NotImplementedError

    def run_ended(self, state: RunState) -> str:
        """Return the fragments for a run that was closed."""
        raise NotImplementedError

    def times_changed(self, run_id: int) -> str:
        """Return the fragments for a run in which a first token or an end has become known."""
        return ""

    def render(self, events: Sequence[Event]) -> str:
        """Return the fragments for a batch of events; empty if they change nothing on the page."""
        batch = _Batch()
        for event in events:
            self._apply(event, batch)
        if batch.look_at_queue or time.monotonic() - self._looked_at >= LOOK_INTERVAL:
            self._look_at_queue()
        status = [answer.status_fragment() for answer in self._answers.values()]
        changed = [slot for slot in batch.patches.keys() | batch.reasoning.keys() if slot in self._answers]
        texts = [
            self._answers[slot].text_fragments(batch.patches.get(slot, []), batch.reasoning.get(slot, ""))
            for slot in changed
        ]
        return "".join([*batch.fragments, *status, *texts, *map(self.times_changed, sorted(batch.ended_runs))])

    def render_times(self) -> str:
        """Return the fragments for first tokens that were rendered since the last call; they take longer than the
        tokens, which do not wait for them."""
        begun, self._begun_runs = self._begun_runs, set()
        return "".join(map(self.times_changed, sorted(begun)))

    def catch_up(self, ended: Container[tuple[int, int]]) -> str:
        """Return the fragments that bring a page that has just been rendered to what the others show of the answers
        that are followed, except for those that had ``ended`` by then, by key and attempt."""
        followed = {
            slot: answer
            for slot, answer in self._answers.items()
            if (answer.generation.pk, answer.generation.attempt) not in ended
        }
        begun = {run for (run, _), answer in followed.items() if answer.generation.ttft is not None}
        answers = [answer.all_fragments() for answer in followed.values()]
        return "".join([*answers, *map(self.times_changed, sorted(begun))])

    @property
    def owes_times(self) -> bool:
        """True if ``render_times`` has something to render."""
        return bool(self._begun_runs)

    def note_shown(self, generations: Iterable[Generation]) -> None:
        """Note what the page shows of these generations. An attempt that has ended is not followed any more, or else
        its first words would replace its whole text until its end arrives."""
        self._ended.update((each.pk, each.attempt) for each in generations if not each.is_open)

    def follow(self, state: RunState, *, rendered: bool) -> None:
        """Follow the open answers of a run from now on; ``rendered`` is True if the page shows them already."""
        for generation in state.generations:
            if generation.is_open and (generation.pk, generation.attempt) not in self._ended:
                answer = self._answers[state.run.pk, generation.index] = LiveAnswer(generation)
                if rendered and answer.phase is not Phase.WAITING:
                    # The page may be older than the database: have its status line rendered again.
                    answer.shown_status = ""

    def _apply(self, event: Event, batch: _Batch) -> None:
        match event:
            case Started(state):
                batch.fragments.append(self.run_started(state))
            case PhaseChanged(run_id, index, phase):
                if answer := self._answers.get((run_id, index)):
                    answer.reach(phase)
                    batch.look_at_queue = batch.look_at_queue or phase is Phase.WAITING
            case Adjusted(run_id, index, adjustments):
                if answer := self._answers.get((run_id, index)):
                    batch.fragments.append(answer.adjust(adjustments))
            case Delta():
                self._add(event, batch)
            case Reset(run_id, index, text, reasoning):
                if answer := self._answers.get((run_id, index)):
                    answer.replace(text, reasoning)
                    batch.patches[run_id, index], batch.reasoning[run_id, index] = [], ""
            case Ended(run_id, generation):
                for changes in (batch.patches, batch.reasoning, self._answers):
                    changes.pop((run_id, generation.index), None)
                batch.fragments.append(self.generation_ended(run_id, generation))
                batch.ended_runs.add(run_id)
            case Done(state):
                batch.fragments.append(self.run_ended(state))
            case Idle():
                batch.look_at_queue = True
                self._flush(batch)

    def _add(self, delta: Delta, batch: _Batch) -> None:
        slot = (delta.run_id, delta.index)
        answer = self._answers.get(slot)
        if answer is None:
            return
        if delta.channel == "reasoning":
            answer.add_reasoning(delta.text)
            batch.reasoning[slot] = batch.reasoning.get(slot, "") + delta.text
            return
        if answer.add_text(delta.text, delta.time):
            self._begun_runs.add(delta.run_id)
        batch.patches.setdefault(slot, []).extend(answer.renderer.feed(delta.text))

    def _flush(self, batch: _Batch) -> None:
        """Show the unfinished lines that the renderers hold back, since nothing has come for a tick."""
        for slot, answer in self._answers.items():
            if patches := answer.renderer.flush():
                batch.patches.setdefault(slot, []).extend(patches)

    def _look_at_queue(self) -> None:
        """Show the positions of the answers that wait; the log does not report how the queue moves."""
        waiting = {each.generation.pk: each for each in self._answers.values() if each.phase is Phase.WAITING}
        self._looked_at = time.monotonic()
        positions = queue_positions(waiting)
        for key, answer in waiting.items():
            answer.position = positions.get(key)
        begun = Generation.objects.filter(pk__in=waiting.keys() - positions.keys(), status=Generation.Status.STREAMING)
        for key in begun.values_list("pk", flat=True):
            waiting[key].reach(Phase.CONNECTING)
