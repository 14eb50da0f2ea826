"""Stamped chunks: what the stand-in provider sends, and what a reader finds in what arrives."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

STAMP = re.compile(r"w(\d+):(\d+):(\d{12,})\b")
PARAGRAPH = 25
"""Chunks in a paragraph."""


def stamped(stream: int, number: int) -> str:
    """Return the text of a chunk that is sent now; all processes of a machine share the clock."""
    end = " " if (number + 1) % PARAGRAPH else "\n\n"
    return f"w{stream}:{number}:{time.monotonic_ns()}{end}"


@dataclass(slots=True)
class Column:
    """One answer as one reader has received it; ``delays`` are in milliseconds and ``arrivals`` in seconds of the
    monotonic clock, one of each for each chunk."""

    delays: list[float] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    first_at: float | None = None
    doubled: int = 0
    reordered: int = 0
    completed: bool = False
    error: str = ""
    _stream: int | None = None
    _next: int = 0
    _seen: set[int] = field(default_factory=set)

    def take(self, text: str) -> None:
        """Read the stamps in text that has just arrived."""
        for match in STAMP.finditer(text):
            self._take(*map(int, match.groups()))

    def take_again(self, text: str) -> None:
        """Read stamps of which some may have arrived before, as when a page shows a paragraph again."""
        for match in STAMP.finditer(text):
            stream, number, sent = map(int, match.groups())
            if number not in self._seen:
                self._take(stream, number, sent)

    def _take(self, stream: int, number: int, sent: int) -> None:
        now = time.monotonic_ns()
        if self.first_at is None:
            self.first_at, self._stream = now / 1e9, stream
        if number in self._seen or stream != self._stream:
            self.doubled += 1
            return
        self.reordered += number < self._next
        self._next = max(self._next, number + 1)
        self._seen.add(number)
        self.delays.append((now - sent) / 1e6)
        self.arrivals.append(now / 1e9)

    def lost(self, chunks: int) -> int:
        """Return how many of so many chunks have not arrived."""
        return chunks - len(self._seen)
