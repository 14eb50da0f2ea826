"""The state of a client after some events, checked as strictly as docs/api.md describes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

Json = dict[str, Any]


class Event(NamedTuple):
    """One event with its id: an SSE id, or a socket's ``seq``."""

    id: str
    data: Json

    @property
    def kind(self) -> str:
        return str(self.data["event"])


@dataclass
class Reading:
    """The state after the events of one run; an order or repetition that the API rules out fails the test."""

    start: Json = field(default_factory=dict)
    chunks: dict[int, str] = field(default_factory=lambda: defaultdict(str))
    reasoning: dict[int, str] = field(default_factory=lambda: defaultdict(str))
    ends: dict[int, Json] = field(default_factory=dict)
    done: Json = field(default_factory=dict)

    @classmethod
    def of(cls, *parts: Iterable[Event]) -> Self:
        reading = cls()
        for part in parts:
            for event in part:
                reading.take(event.data)
        return reading

    @property
    def answers(self) -> dict[int, str]:
        """The text of every slot according to its end, by index."""
        return {index: end.get("data", end)["response"] for index, end in self.ends.items()}

    @property
    def outcomes(self) -> list[str]:
        """``complete`` or the error's code for every slot, by index."""
        return [str(end.get("code", "complete")) for _, end in sorted(self.ends.items())]

    def take(self, event: Json) -> None:
        assert not self.done, f"{event} came after done"
        match event["event"]:
            case "start":
                assert not self.start
                self.start = event
            case "queued":
                assert event["index"] not in self.ends.keys() | self.chunks.keys()
            case "adjusted":
                assert event["index"] not in self.ends.keys() | self.chunks.keys()
            case "chunk":
                assert event["first_chunk"] == (event["offset"] == 0)
                self._add(self.chunks, event)
            case "reasoning":
                self._add(self.reasoning, event)
            case "reset":
                assert event["index"] not in self.ends
                self.chunks[event["index"]] = event["response"]
                self.reasoning[event["index"]] = event["reasoning"]
            case "complete" | "error":
                assert event["index"] not in self.ends
                self.ends[event["index"]] = event
            case "done":
                self.done = event
            case other:
                raise AssertionError(f"there is no event {other}")

    def assert_whole(self) -> None:
        """Check that the run is complete: its start, every slot's text in chunks, every slot's end, and ``done``."""
        slots = [slot["index"] for slot in self.start["results"]]
        assert slots == list(range(self.start["total"]))
        assert sorted(self.ends) == slots
        texts = {index: self.chunks[index] for index in slots}
        assert texts == self.answers, f"{texts} is not {self.answers}"
        assert self.done["metadata"]["total"] == len(slots)

    @staticmethod
    def _identity(event: Json) -> Json:
        return {name: event[name] for name in ("result_id", "index", "provider", "model")}

    def _add(self, texts: dict[int, str], event: Json) -> None:
        index = event["index"]
        assert event["chunk"] != ""
        assert index not in self.ends, f"{event} came after its slot's end"
        assert event["offset"] == len(texts[index]), f"{event} does not follow {len(texts[index])} characters"
        if self.start:
            assert self._identity(event) == self.start["results"][index]
        texts[index] += event["chunk"]
