"""The JSON of a comparison's events, as docs/api.md describes it.

Log entries name only a run and an index; the providers and models of the slots are added here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from comparisons.json import Json, answer_json, slot_json
from comparisons.models import Comparison, Turn
from comparisons.selectors import turn_number
from core.async_db import in_thread
from generations import selectors
from generations.log.event_log import EntryId
from generations.log.events import Adjusted, Delta, Done, Ended, Event, PhaseChanged, Reset, Started
from generations.models import Generation
from generations.output.api_feed import FeedEvent, feed
from generations.output.json import failure_json
from generations.selectors import RunState


@dataclass(frozen=True, slots=True)
class _Run:
    """A run's turn, and the JSON that names its slots by index."""

    turn: int
    slots: dict[int, Json]


def comparison_feed(
    comparison: Comparison,
    *,
    state: RunState | None = None,
    turn: Turn | None = None,
    after: EntryId | None = None,
    deltas: bool = True,
) -> AsyncGenerator[FeedEvent, None]:
    """Yield a comparison's events from the start of ``state``, or after the entry ``after``, until it is deleted.

    Without ``deltas`` an answer is sent complete, at its end. A caller that knows the ``turn`` of ``state`` saves a
    query.
    """
    return feed(_Serializer(comparison, turn), comparison.topic, state=state, after=after, deltas=deltas)


class _Serializer:
    def __init__(self, comparison: Comparison, turn: Turn | None) -> None:
        self._id = str(comparison.public_id)
        self._runs: dict[int, _Run] = {} if turn is None else {turn.run_id: _Run(turn.number, {})}

    async def serialize(self, event: Event) -> Json | None:
        """Return the event's JSON; None for a phase, and for text of an attempt that a later one has replaced."""
        match event:
            case PhaseChanged():
                return None
            case Started(state):
                return self._start(state, await self._remember(state))
            case Adjusted(run_id, index, adjustments):
                slot = await self._slot(run_id, index)
                return None if slot is None else {"event": "adjusted", **slot, "adjustments": adjustments}
            case Delta(run_id, index):
                slot = await self._slot(run_id, index)
                return None if slot is None else _delta(event, slot)
            case Reset(run_id, index):
                slot = await self._slot(run_id, index)
                return None if slot is None else _reset(event, slot)
            case Ended(_, generation):
                return _end(generation)
            case Done(state):
                return self._done(state, await self._remember(state))
        raise TypeError(f"{event!r} has no JSON")

    async def serialize_queued(self, generation: Generation, position: int) -> Json | None:
        return {"event": "queued", **slot_json(generation), "place": position}

    async def _remember(self, state: RunState) -> _Run:
        known = self._runs.get(state.run.pk)
        turn = await in_thread(turn_number, state.run.pk) if known is None else known.turn
        run = self._runs[state.run.pk] = _Run(turn, {each.index: slot_json(each) for each in state.generations})
        return run

    async def _slot(self, run_id: int, index: int) -> Json | None:
        if run_id not in self._runs:
            await self._remember(await in_thread(selectors.run_state, run_id))
        return self._runs[run_id].slots.get(index)

    def _start(self, state: RunState, run: _Run) -> Json:
        return {
            "event": "start",
            "comparison_id": self._id,
            "turn": run.turn,
            "total": state.run.total,
            "results": [slot_json(generation) for generation in state.generations],
        }

    def _done(self, state: RunState, run: _Run) -> Json:
        run_row, generations = state.run, state.generations
        completed = sum(each.status == Generation.Status.COMPLETED for each in generations)
        stopped = sum(each.status == Generation.Status.STOPPED for each in generations)
        seconds = (run_row.ended_at - run_row.accepted_at).total_seconds() if run_row.ended_at else 0.0
        return {
            "event": "done",
            "comparison_id": self._id,
            "comparisonId": self._id,
            "turn": run.turn,
            "metadata": {
                "total": run_row.total,
                "completed": completed,
                "failed": run_row.total - completed - stopped,
                "stopped": stopped,
                "time": round(seconds, 3),
            },
        }


def _delta(delta: Delta, slot: Json) -> Json:
    is_text = delta.channel == "text"
    kind = "chunk" if is_text else "reasoning"
    json = {"event": kind, **slot, "chunk": delta.text, "offset": delta.offset, "time": delta.time}
    if is_text:
        json["first_chunk"] = delta.offset == 0
    return json


def _reset(reset: Reset, slot: Json) -> Json:
    return {"event": "reset", **slot, "response": reset.text, "reasoning": reset.reasoning}


def _end(generation: Generation) -> Json:
    if generation.status == Generation.Status.COMPLETED:
        return {"event": "complete", **slot_json(generation), "data": answer_json(generation)}
    return {
        "event": "error",
        **slot_json(generation),
        **failure_json(generation),
        "response": generation.text,
        "time": generation.time,
    }
