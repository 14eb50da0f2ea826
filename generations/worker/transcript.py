"""The text of one running answer: deltas come in, log entries that join them go out."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

from generations.log.event_log import Channel, EntryId, NewEntry, Payload, first_epoch
from generations.log.publisher import Publisher
from generations.phases import Phase
from generations.worker.types import Claim

BATCH_INTERVAL = 2.0
MOST_TIMES = 4_000
"""Times of an answer's text that are kept for its replay; beyond that every other one is dropped."""


class Transcript:
    """The text and reasoning of an answer so far, and their publication. Use it on the loop only.

    If the log refuses an entry because this worker was taken for lost, nothing more is published; the next checkpoint
    tells whether the answer still counts.
    """

    def __init__(self, claim: Claim, publisher: Publisher) -> None:
        self.ttft: float | None = None
        self.length = 0
        """Characters of text and reasoning."""
        self.timeline: list[tuple[int, float]] = []
        self._claim = claim
        self._writer = claim.writer
        self._publisher = publisher
        self._refused = False
        self._has_log = False
        self._loop = asyncio.get_running_loop()
        self._accepted = self._loop.time() - max(0.0, time.time() - claim.accepted_at.timestamp())
        self._parts: dict[Channel, list[str]] = {"text": [], "reasoning": []}
        self._published: dict[Channel, int] = {"text": 0, "reasoning": 0}
        self._pending: list[str] = []
        self._channel: Channel = "text"
        self._epoch: int | None = None

    @property
    def text(self) -> str:
        return self._joined("text")

    @property
    def reasoning(self) -> str:
        return self._joined("reasoning")

    @property
    def is_empty(self) -> bool:
        return not any(self._parts.values())

    def now(self) -> float:
        """Return the seconds since the run was accepted."""
        return round(self._loop.time() - self._accepted, 4)

    def reach(self, phase: Phase) -> None:
        """Tell readers that the answer has come so far; a model that answers at once is faster than this news."""
        self._put({"kind": "phase", "phase": phase}, patient=True)

    def adjust(self, adjustments: list[dict[str, Any]]) -> None:
        """Tell readers which settings the provider did not take as they were asked for."""
        self._put({"kind": "adjusted", "adjustments": adjustments}, patient=True)

    def add(self, channel: Channel, text: str) -> None:
        """Append text, which is published with the next flush; the first text is published at once.

        Nobody waits for batch work, so its text is published every two seconds.
        """
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")  # PostgreSQL stores no NUL.
        if channel != self._channel:
            self.flush()
            self._channel = channel
        if channel == "text" and self.ttft is None:
            self.ttft = self.now()
        self.length += len(text)
        self._parts[channel].append(text)
        self._pending.append(text)
        if len(self._pending) == 1:
            if self._claim.batch:
                self._loop.call_later(BATCH_INTERVAL, self.flush)
            else:
                self._publisher.ask(self.flush, urgent=self._published[channel] == 0)

    def restart(self, excess: int) -> None:
        """Turn all text so far, without its last ``excess`` characters, into reasoning, and begin the text anew."""
        self.flush()
        text = self.text[: len(self.text) - excess].strip()
        reasoning = "\n\n".join(filter(None, (self.reasoning, text)))
        self._parts = {"text": [], "reasoning": [reasoning]}
        self._published = {"text": 0, "reasoning": len(reasoning)}
        self.length = len(reasoning)
        self.ttft = None
        self.timeline.clear()
        self._put({"kind": "restart", "reasoning": reasoning})

    def flush(self) -> None:
        """Put the text that was added since the last flush into the publisher."""
        if not self._pending:
            return
        text, channel, now = "".join(self._pending), self._channel, self.now()
        self._pending.clear()
        offset = self._published[channel]
        self._published[channel] += len(text)
        if channel == "text":
            if len(self.timeline) >= MOST_TIMES:
                del self.timeline[1::2]
            self.timeline.append((offset, now))
        self._put({"kind": channel, "text": text, "offset": offset, "t": now})

    def _put(self, payload: Payload, *, patient: bool = False) -> None:
        if self._refused:
            return
        claim = self._claim
        entry: Payload = {"run": claim.run_id, "index": claim.index, **payload}
        if self._has_log:
            self._publisher.put(NewEntry(claim.topic, entry, self._writer), self._acknowledge, patient=patient)
            return
        # The first entry takes the log over from earlier claims of this generation.
        self._has_log = True
        epoch = first_epoch(claim.generation.current_run) if claim.begins_log else None
        writer = replace(self._writer, takes=True)
        self._publisher.put(NewEntry(claim.topic, entry, writer, epoch), self._acknowledge, patient=patient)

    def _acknowledge(self, entry_id: EntryId | None) -> None:
        if entry_id is None:
            self._refused = True
            return
        log_was_lost = self._epoch is not None and self._epoch != entry_id.epoch
        self._epoch = entry_id.epoch
        if log_was_lost:
            text, reasoning = (self._joined(channel)[: self._published[channel]] for channel in self._parts)
            self._put({"kind": "reset", "text": text, "reasoning": reasoning})

    def _joined(self, channel: Channel) -> str:
        parts = self._parts[channel]
        if len(parts) > 1:
            parts[:] = ["".join(parts)]
        return parts[0] if parts else ""
