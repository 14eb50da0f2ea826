"""What happens in a chat, as HTML fragments for an open page: out-of-band swaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string

from conversations.models import Conversation
from conversations.page_model import page_mark, shown
from conversations.selectors import shown_messages
from generations.log.events import Delta, Done, Ended, Event, Idle, Reached, Reset, Started
from generations.models import Generation
from generations.output.live_answer import RunningAnswer
from generations.rendering import Patch
from generations.selectors import RunState, open_run_states, queue_places


class ChatTeller:
    """Keeps one open page in step with its chat until the answer ends that runs; ``seen`` is its ``page_mark``.

    Its methods query and render: call them in a thread, one after the other.
    """

    def __init__(self, conversation: Conversation, seen: str) -> None:
        self._conversation = conversation
        self._seen = seen
        self._running: RunningAnswer | None = None

    def open(self) -> tuple[str, RunState | None]:
        """What has changed since the page was rendered, and the run that is to be watched, if one is open."""
        self._conversation.refresh_from_db(fields=["leaf"])
        states = open_run_states(self._conversation.topic)
        changed = self.ended() if page_mark(self._conversation) != self._seen else ""
        return changed, states[-1] if states else None

    def tell(self, events: Sequence[Event]) -> str:
        """The fragments for a batch of events; empty where they change nothing on the page."""
        patches: list[Patch] = []
        reasoning, said = "", False
        for event in events:
            running = self._running
            match event:
                case Started(state):
                    self._start(state)
                case Delta(channel="text", text=text, time=time) if running is not None:
                    running.say(text, time)
                    patches += running.renderer.feed(text)
                    said = True
                case Delta(text=text) if running is not None:
                    running.think(text)
                    reasoning, said = reasoning + text, True
                case Reached(phase="waiting") if running is not None:
                    self._look_at_the_queue(running)
                case Reached(phase=phase) if running is not None:
                    running.reach(phase)
                case Reset(text=text, reasoning=thoughts) if running is not None:
                    running.start_over(text, thoughts)
                    patches, reasoning, said = [], "", True
                case Ended():
                    self._running = None
                case Done():
                    return self.ended()
                case Idle() if running is not None:
                    self._look_at_the_queue(running)
                    flushed = running.renderer.flush()
                    patches, said = [*patches, *flushed], said or bool(flushed)
        if self._running is None:
            return ""
        return self._running.status_fragment() + (self._running.text_fragments(patches, reasoning) if said else "")

    def ended(self) -> str:
        """The last exchange as it is saved, and the composer ready again."""
        self._conversation.refresh_from_db(fields=["leaf", "title"])
        mark = page_mark(self._conversation)
        messages = shown(shown_messages(self._conversation, last=2))
        answers = [
            self._rendered("_answer", message=message, slot=message.answer) for message in messages if message.answer
        ]
        live = self._rendered("_live", shown=mark)
        return "".join([*answers, live, self._rendered("_composer_action")])

    def _start(self, state: RunState) -> None:
        (generation,) = state.generations
        self._running = RunningAnswer(generation) if generation.is_open else None
        if self._running is not None and self._running.phase != "waiting":
            # What the page says may be older than what the database does.
            self._running.told = ""

    def _look_at_the_queue(self, running: RunningAnswer) -> None:
        """How far an answer has come that said nothing yet: the log does not tell of its place in the line."""
        if running.phase not in ("waiting", "connecting"):
            return
        generation = Generation.objects.filter(pk=running.generation.pk).first()
        if generation is None:
            return
        if generation.status == Generation.Status.QUEUED:
            running.wait(queue_places([generation])[generation.pk])
        elif generation.status == Generation.Status.STREAMING:
            running.reach("connecting")

    def _rendered(self, partial: str, **context: Any) -> str:
        return render_to_string(
            f"conversations/{partial}.html", {"conversation": self._conversation, "oob": True, **context}
        )
