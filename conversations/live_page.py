"""Live page of a chat: events of its conversation become HTML fragments for out-of-band swaps."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from conversations.models import Conversation
from conversations.page_model import message_views, page_mark
from conversations.selectors import shown_messages
from generations.models import Generation
from generations.output.live_page import LivePage
from generations.selectors import RunState, open_run_states


class ChatPage(LivePage):
    """Keeps an open chat page in step until the running answer ends; ``shown`` is the page's ``page_mark``."""

    def __init__(self, conversation: Conversation, shown: str) -> None:
        super().__init__()
        self._conversation = conversation
        self._shown = shown

    def open(self) -> tuple[str, RunState | None]:
        """Return what has changed since the page was rendered, and the run to follow, if one is open."""
        self._conversation.refresh_from_db(fields=["leaf"])
        states = open_run_states(self._conversation.topic)
        changed = self.last_exchange() if page_mark(self._conversation) != self._shown else ""
        return changed, states[-1] if states else None

    def last_exchange(self) -> str:
        """Return the last prompt and answer as they are saved, and the composer, ready for another prompt."""
        self._conversation.refresh_from_db(fields=["leaf", "title"])
        mark = page_mark(self._conversation)
        exchange = shown_messages(self._conversation, last=2)
        self.note_shown(shown.message.generation for shown in exchange if shown.message.generation)
        messages = message_views(exchange)
        answers = [
            self._rendered("_answer", message=message, slot=message.answer) for message in messages if message.answer
        ]
        live = self._rendered("_live", shown=mark)
        return "".join([*answers, live, self._rendered("_composer_action")])

    def run_started(self, state: RunState) -> str:
        self.follow(state, rendered=True)
        return ""

    def generation_ended(self, run_id: int, generation: Generation) -> str:
        return ""  # The run of a chat has one generation, and its end follows.

    def run_ended(self, state: RunState) -> str:
        return self.last_exchange()

    def _rendered(self, partial: str, **context: Any) -> str:
        return render_to_string(
            f"conversations/{partial}.html", {"conversation": self._conversation, "oob": True, **context}
        )
