"""State of a running answer on open pages, and the HTML fragments that update it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import escape

from generations.models import Generation
from generations.output.answer_view import AnswerView, answer_view, phase_of
from generations.phases import Phase
from generations.rendering import Patch, StreamRenderer, oob
from generations.tokens import TokenCount

FIGURES_INTERVAL = 1.0
"""Seconds between two updates of an answer's figures."""


@dataclass(slots=True)
class LiveAnswer:
    """The state of one slot on the pages that follow it.

    ``shown_status`` is the ``status`` that they show; ``on_page`` is False until they have the text so far.
    """

    generation: Generation
    renderer: StreamRenderer = field(default_factory=StreamRenderer)
    reasoning: str = ""
    on_page: bool = False
    phase: Phase = Phase.WAITING
    shown_status: str = ""
    position: int | None = None
    count: TokenCount = field(default_factory=TokenCount)
    figures_at: float = 0.0

    def __post_init__(self) -> None:
        self.phase = Phase(phase_of(self.generation))
        self.shown_status = self.status

    def add_text(self, text: str, seconds: float) -> bool:
        """Count more text; return True if it is the first whose time is known."""
        self.reach(Phase.WRITING)
        self.count.add(text)
        first = self.generation.ttft is None
        if first:
            self.generation.ttft = seconds
        return first

    def add_reasoning(self, text: str) -> None:
        self.reach(Phase.THINKING)
        self.reasoning += text
        self.count.add(text)

    def reach(self, phase: Phase) -> None:
        """Advance to a phase, unless the answer has reached it already; or go back to wait."""
        if self.phase.is_before(phase) or phase is Phase.WAITING:
            self.phase, self.position = phase, None

    def adjust(self, adjustments: list[dict[str, Any]]) -> str:
        """Note the settings that were not sent as they were asked for, and return the fragment that shows them."""
        self.generation.adjustments = adjustments
        return self._adjustments()

    def replace(self, text: str, reasoning: str) -> None:
        """Show this text instead of everything that was shown."""
        self.renderer, self.reasoning, self.on_page = StreamRenderer(text), reasoning, False
        self.count = TokenCount(reasoning + text)
        if not text:
            self.generation.ttft = None
        if text or reasoning:
            self.phase, self.position = Phase.WRITING if text else Phase.THINKING, None

    @property
    def is_silent(self) -> bool:
        return self.phase in (Phase.WAITING, Phase.CONNECTING)

    @property
    def status(self) -> str:
        """The phase and position for the status line, to be compared with ``shown_status``."""
        return self.phase if self.position is None else f"{self.phase} {self.position}"

    @property
    def _figures_are_due(self) -> bool:
        return not self.is_silent and time.monotonic() - self.figures_at >= FIGURES_INTERVAL

    def _view(self) -> AnswerView:
        """Return the answer without its text, for the status line and the figures."""
        self.figures_at = time.monotonic()
        return answer_view(self.generation, phase=self.phase, position=self.position, tokens=self.count.tokens, text="")

    def text_fragments(self, patches: list[Patch], reasoning: str) -> str:
        """Return out-of-band swaps for new text, or for all of the text if the page has none of it yet."""
        if not self.on_page:
            self.on_page = True
            return self._whole_text()
        result_id = self.generation.public_id
        more = (
            f'<div hx-swap-oob="beforeend:#reasoning-text-{result_id}">{escape(reasoning)}</div>' if reasoning else ""
        )
        return f"{more}{oob(f'text-{result_id}', patches)}"

    def status_fragment(self) -> str:
        """Return the status line if it has changed, else the figures from time to time."""
        if self.shown_status != self.status:
            self.shown_status = self.status
            return self._status_line()
        if self._figures_are_due:
            return render_to_string("generations/_answer_figures.html", {"slot": self._view(), "oob": True})
        return ""

    def all_fragments(self) -> str:
        """Return out-of-band swaps that bring another page to what those show that have followed the answer."""
        adjustments = self._adjustments() if self.generation.adjustments else ""
        return self._status_line() + adjustments + (self._whole_text() if self.on_page else "")

    def _adjustments(self) -> str:
        return render_to_string("generations/_answer_adjustments.html", {"slot": self._view(), "oob": True})

    def _status_line(self) -> str:
        return render_to_string("generations/_answer_status.html", {"slot": self._view(), "oob": True})

    def _whole_text(self) -> str:
        result_id = self.generation.public_id
        snapshot = self.renderer.snapshot(f"text-{result_id}")
        return (
            f'<div id="text-{result_id}" hx-swap-oob="innerHTML">{snapshot}</div>'
            f'<div id="reasoning-text-{result_id}" hx-swap-oob="innerHTML">{escape(self.reasoning)}</div>'
        )
