"""A record of everything that one reader of a comparison received, and of every error in it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.rows import Row

Json = dict[str, Any]


@dataclass(slots=True)
class Account:
    """Events, folded strictly: each character that is missing, doubled, moved or replaced is counted. Unlike a
    test's reader it continues afterwards, so that a table can say how much is wrong."""

    said: dict[int, str] = field(default_factory=dict)
    ends: dict[int, Json] = field(default_factory=dict)
    heard_at: dict[int, float] = field(default_factory=dict)
    done: Json | None = None
    last: tuple[int, int] = (0, 0)
    resets: int = 0
    events: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)

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
    def place(self) -> str:
        """The id to resume from; ``""`` before the first."""
        return f"{self.last[0]}-{self.last[1]}" if self.last != (0, 0) else ""

    def _check_order(self, id_: str, event: Json) -> None:
        epoch, _, seq = id_.partition("-")
        place = (int(epoch), int(seq))
        if epoch != "0" and place[0] == self.last[0] and place < self.last:
            self._note("lost", f"{event['event']} of {id_} came after {self.place}")
        if epoch != "0":
            self.last = place

    def _add(self, event: Json) -> None:
        index, chunk, offset = event["index"], event["chunk"], event["offset"]
        have = self.said.get(index, "")
        if index in self.ends:
            self._note("doubled", f"slot {index} spoke after its end")
        if offset > len(have):
            self._note("lost", f"slot {index} lacks {offset - len(have)} characters at {len(have)}")
        elif offset < len(have):
            self._note("doubled", f"slot {index} was told {len(have) - offset} characters twice at {offset}")
        self.said[index] = have[:offset] + chunk

    def _replace(self, event: Json) -> None:
        index, text = event["index"], event["response"]
        have = self.said.get(index, "")
        self.resets += 1
        if not text.startswith(have):
            what = "shrank" if have.startswith(text) else "was swapped"
            self._note("lost", f"slot {index} {what} from {len(have)} to {len(text)} characters")
        self.said[index] = text

    def _end(self, event: Json) -> None:
        index, text = event["index"], event.get("data", event)["response"]
        have = self.said.get(index, "")
        if index in self.ends:
            self._note("doubled", f"slot {index} ended twice")
        if have and not text.startswith(have):
            self._note("lost", f"slot {index} ended with {len(text)} characters and not with its {len(have)}")
        self.ends[index] = event
        self.heard_at[index] = time.monotonic()
        self.said[index] = text

    def _note(self, what: str, cause: str) -> None:
        self.problems.append((what, cause))

    def judge(self, row: Row, name: str, texts: dict[int, str], saved: dict[int, str]) -> None:
        """Compare with the models' texts and the saved ones, and write errors into the row."""
        for what, cause in self.problems:
            row.blame(f"{name}: {cause}", **{what: 1})
        row.expect(self.done is not None, f"{name}: no done")
        for index, text in texts.items():
            row.expect(index in self.ends, f"{name}: slot {index} has no end")
            said = self.said.get(index, "")
            if said != saved[index]:
                row.blame(f"{name}: slot {index} was told {len(said)}, saved {len(saved[index])}", lost=1)
            if not text.startswith(saved[index]):
                row.blame(f"{name}: slot {index} saved what the model never said", lost=1)
