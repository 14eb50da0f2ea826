"""The record of everything that one reader of a comparison received, with every error in it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.rows import Row

Json = dict[str, Any]


@dataclass(slots=True)
class ReaderRecord:
    """The state of a reader after its events, and all errors: lost, doubled, moved and replaced text.

    Unlike ``tests.integration.event_reader`` it continues after an error, so that all of them are counted.
    """

    received: dict[int, str] = field(default_factory=dict)
    ends: dict[int, Json] = field(default_factory=dict)
    ended_at: dict[int, float] = field(default_factory=dict)
    done: Json | None = None
    last: tuple[int, int] = (0, 0)
    resets: int = 0
    events: int = 0
    errors: list[tuple[str, str]] = field(default_factory=list)

    def take(self, id_: str, event: Json) -> None:
        self.events += 1
        self._check_order(id_, event)
        match event["event"]:
            case "chunk":
                self._add(event)
            case "reset":
                self._replace(event)
            case "complete" | "error":
                self._end(event)
            case "done":
                self._note("doubled", "a second done") if self.done else None
                self.done = event

    @property
    def resume_point(self) -> str:
        """The id of the last event; ``""`` before the first."""
        return f"{self.last[0]}-{self.last[1]}" if self.last != (0, 0) else ""

    def _check_order(self, id_: str, event: Json) -> None:
        epoch, _, seq = id_.partition("-")
        event_id = (int(epoch), int(seq))
        if epoch != "0" and event_id[0] == self.last[0] and event_id < self.last:
            self._note("lost", f"{event['event']} of {id_} came after {self.resume_point}")
        if epoch != "0":
            self.last = event_id

    def _add(self, event: Json) -> None:
        index, chunk, offset = event["index"], event["chunk"], event["offset"]
        known = self.received.get(index, "")
        if index in self.ends:
            self._note("doubled", f"slot {index} received text after its end")
        if offset > len(known):
            self._note("lost", f"slot {index} lacks {offset - len(known)} characters at {len(known)}")
        elif offset < len(known):
            self._note("doubled", f"slot {index} received {len(known) - offset} characters twice at {offset}")
        self.received[index] = known[:offset] + chunk

    def _replace(self, event: Json) -> None:
        index, text = event["index"], event["response"]
        known = self.received.get(index, "")
        self.resets += 1
        if not text.startswith(known):
            change = "shrank" if known.startswith(text) else "was replaced"
            self._note("lost", f"slot {index} {change} from {len(known)} to {len(text)} characters")
        self.received[index] = text

    def _end(self, event: Json) -> None:
        index, text = event["index"], event.get("data", event)["response"]
        known = self.received.get(index, "")
        if index in self.ends:
            self._note("doubled", f"slot {index} ended twice")
        if known and not text.startswith(known):
            self._note("lost", f"slot {index} ended with {len(text)} characters and not with its {len(known)}")
        self.ends[index] = event
        self.ended_at[index] = time.monotonic()
        self.received[index] = text

    def _note(self, kind: str, cause: str) -> None:
        self.errors.append((kind, cause))

    def judge(self, row: Row, name: str, texts: dict[int, str], saved: dict[int, str]) -> None:
        """Add all errors to the row, and compare the received texts with the models' and the saved ones, by index."""
        for kind, cause in self.errors:
            row.add_error(f"{name}: {cause}", **{kind: 1})
        row.expect(self.done is not None, f"{name}: no done")
        for index, text in texts.items():
            row.expect(index in self.ends, f"{name}: slot {index} has no end")
            received = self.received.get(index, "")
            if received != saved[index]:
                row.add_error(
                    f"{name}: slot {index} received {len(received)} characters, saved {len(saved[index])}", lost=1
                )
            if not text.startswith(saved[index]):
                row.add_error(f"{name}: slot {index} saved text that the model did not send", lost=1)
