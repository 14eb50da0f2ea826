"""What an open page shows of an answer that still runs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from django.template.loader import render_to_string
from django.utils.html import escape

from generations.models import Generation
from generations.output.answer_view import ShownAnswer, phase_of, shown_answer
from generations.rendering import Patch, StreamRenderer, oob
from generations.tokens import TokenCount

FIGURES_INTERVAL = 1.0
"""Seconds between two tellings of a slot's figures."""
PHASES = ("waiting", "connecting", "thinking", "writing")


@dataclass(slots=True)
class RunningAnswer:
    """``phase`` is how far it has come, ``told`` what the page's status line says of that; nothing of the text is on
    the page while ``shown`` is False."""

    generation: Generation
    renderer: StreamRenderer = field(default_factory=StreamRenderer)
    reasoning: str = ""
    shown: bool = False
    phase: str = ""
    told: str = ""
    place: int | None = None
    count: TokenCount = field(default_factory=TokenCount)
    figures_at: float = 0.0

    def __post_init__(self) -> None:
        self.phase = self.told = phase_of(self.generation)

    def say(self, text: str, seconds: float) -> bool:
        """Take note of more text; True for the first of which it is known when it came."""
        self.reach("writing")
        self.count.add(text)
        first = self.generation.ttft is None
        if first:
            self.generation.ttft = seconds
        return first

    def think(self, text: str) -> None:
        self.reach("thinking")
        self.reasoning += text
        self.count.add(text)

    def reach(self, phase: str) -> None:
        """Come this far, if it was not there already."""
        if PHASES.index(phase) > PHASES.index(self.phase):
            self.phase, self.place = phase, None

    def start_over(self, text: str, reasoning: str) -> None:
        """Show this, in place of all that was shown."""
        self.renderer, self.reasoning, self.shown = StreamRenderer(text), reasoning, False
        self.count = TokenCount(reasoning + text)
        self.reach("writing" if text else "thinking" if reasoning else self.phase)

    def wait(self, place: int | None) -> None:
        """Stand in the line, perhaps again."""
        self.phase, self.place = "waiting", place

    @property
    def status(self) -> str:
        """What the status line has to say; where it differs from ``told`` the page has to hear of it."""
        return f"{self.phase} {self.place}" if self.phase == "waiting" and self.place is not None else self.phase

    @property
    def figures_are_due(self) -> bool:
        return self.phase in ("thinking", "writing") and time.monotonic() - self.figures_at >= FIGURES_INTERVAL

    def answer(self) -> ShownAnswer:
        """Without the text, for its status and figures."""
        self.figures_at = time.monotonic()
        return shown_answer(self.generation, phase=self.phase, place=self.place, tokens=self.count.tokens, text="")

    def text_fragments(self, patches: list[Patch], reasoning: str) -> str:
        """Out-of-band swaps for what was said since the last ones; everything where nothing is on the page yet."""
        result_id = self.generation.public_id
        if not self.shown:
            self.shown = True
            snapshot = self.renderer.snapshot(f"text-{result_id}")
            return (
                f'<div id="text-{result_id}" hx-swap-oob="innerHTML">{snapshot}</div>'
                f'<div id="reasoning-text-{result_id}" hx-swap-oob="innerHTML">{escape(self.reasoning)}</div>'
            )
        told = (
            f'<div hx-swap-oob="beforeend:#reasoning-text-{result_id}">{escape(reasoning)}</div>' if reasoning else ""
        )
        return f"{told}{oob(f'text-{result_id}', patches)}"

    def status_fragment(self) -> str:
        """The status line where it has changed, else the figures from time to time."""
        if self.told != self.status:
            self.told = self.status
            return render_to_string("generations/_answer_status.html", {"slot": self.answer(), "oob": True})
        if self.figures_are_due:
            return render_to_string("generations/_answer_figures.html", {"slot": self.answer(), "oob": True})
        return ""
