"""The phases of an answer while it runs, and the badge that pages show for a phase or an end."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Phase(StrEnum):
    """The progress of a running answer, in order; an answer never goes back to an earlier phase except to wait."""

    WAITING = "waiting"
    CONNECTING = "connecting"
    THINKING = "thinking"
    WRITING = "writing"

    def is_before(self, other: Phase) -> bool:
        order = list(Phase)
        return order.index(self) < order.index(other)


class Badge(NamedTuple):
    """A word, a CSS class for its color, and the heroicon beside it; without an icon the badge pulses."""

    label: str
    css_class: str = ""
    icon: str = ""


BADGES: dict[str, Badge] = {
    Phase.WAITING: Badge("Waiting", icon="clock"),
    Phase.CONNECTING: Badge("Connecting", "badge-accent"),
    Phase.THINKING: Badge("Thinking", "badge-accent"),
    Phase.WRITING: Badge("Writing", "badge-accent"),
    "completed": Badge("Done", "badge-success", "check"),
    "stopped": Badge("Stopped", "badge-warning", "pause"),
    "failed": Badge("Failed", "badge-danger", "exclamation-triangle"),
    "interrupted": Badge("Interrupted", "badge-warning", "pause"),
}
"""Badges by the phase of a running answer or the status of an ended one."""
CUT_SHORT = Badge("Length limit reached", "badge-success", "check")
"""The badge of a completed answer that reached its token limit."""
