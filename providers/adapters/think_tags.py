"""Reasoning that a model writes into its text between tags, such as ``<think>``, at the beginning."""

from __future__ import annotations

from providers.adapters.base import ReasoningDelta, Restart, TextDelta

TAGS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "[THINK]": "[/THINK]",
    "◁think▷": "◁/think▷",
}
"""Each opening tag with its closing tag."""
UNOPENED = ("</think>", "</thinking>", "[/THINK]", "◁/think▷")
"""Tags that may close a reasoning without an opening tag, since it was part of the prompt."""
LAST_LETTERS = frozenset(">]▷")
TAIL = 64
"""Characters of the text so far that are kept, in which a tag and the beginning of its line are found."""
MAX_HELD = 1000
"""Characters of white space that are held back."""
MAX_UNOPENED = 400_000
"""Characters after which no reasoning without an opening tag is expected any more."""

Delta = TextDelta | ReasoningDelta | Restart


class ThinkTags:
    """A splitter of one answer's text, in pieces that may end anywhere."""

    def __init__(self) -> None:
        self._closing = ""
        self._held = ""
        self._has_begun = False
        self._has_reasoned = False
        self._begins_block = False
        self._watches = True
        self._length = 0
        self._fences = 0
        self._tail = ""

    def feed(self, text: str) -> list[Delta]:
        """Return the deltas of the next piece; what may become a tag is held back."""
        if self._has_begun:
            return self._text(text)
        if self._closing:
            return self._reasoning(text)
        held = self._held + text
        start = held.lstrip()
        for opening, closing in TAGS.items():
            if start.startswith(opening):
                self._held, self._closing, self._begins_block = "", closing, True
                return self._reasoning(start.removeprefix(opening))
        may_become_tag = not start or any(opening.startswith(start) for opening in TAGS)
        if may_become_tag and len(held) <= MAX_HELD:
            self._held = held
            return []
        self._held, self._has_begun = "", True
        return self._text(start if self._has_reasoned else held)

    def close(self) -> list[Delta]:
        """Return what was held back until the end."""
        held, self._held = self._held, ""
        if not held or (not held.strip() and (self._closing or self._has_reasoned)):
            return []
        return [ReasoningDelta(held)] if self._closing else [TextDelta(held)]

    def _reasoning(self, text: str) -> list[Delta]:
        held = self._held + text
        reasoning, closed, rest = held.partition(self._closing)
        if closed:
            self._held, self._closing = "", ""
            deltas = self._reasoned(reasoning.rstrip())
            self._has_reasoned = True
            return [*deltas, *self.feed(rest)]
        # White space is held back as well, because that before a closing tag belongs to the tag.
        kept = held[: _end_of_certain(held, self._closing)]
        kept = kept.rstrip() if len(kept) <= MAX_HELD else kept
        self._held = held[len(kept) :]
        return self._reasoned(kept)

    def _reasoned(self, text: str) -> list[Delta]:
        if self._begins_block:
            text = text.lstrip()
        if not text:
            return []
        if self._begins_block and self._has_reasoned:
            text = f"\n\n{text}"
        self._begins_block, self._has_reasoned = False, True
        return [ReasoningDelta(text)]

    def _text(self, text: str) -> list[Delta]:
        """Return text, and a Restart if it turns out that all before it was reasoning."""
        if not self._watches:
            return [TextDelta(text)]
        window = self._tail + text
        if not LAST_LETTERS.isdisjoint(text):
            ends = [(window.find(closing), closing) for closing in UNOPENED if closing in window]
            if ends:
                self._watches = False
                return self._ended(text, window, *min(ends))
            self._watches = not any(opening in window for opening in TAGS)
        if "`" in text:
            self._fences += window.count("```") - self._tail.count("```")
        self._tail = window[-TAIL:]
        self._length += len(text)
        if self._has_reasoned or self._length > MAX_UNOPENED:
            self._watches = False
        return [TextDelta(text)]

    def _ended(self, text: str, window: str, at: int, closing: str) -> list[Delta]:
        """Return a Restart if a closing tag stands at the end of reasoning, rather than in an example."""
        before, after = window[:at], window[at + len(closing) :]
        line = before.rpartition("\n")[2]
        starts_line = not line.strip() and (line != before or self._length == len(self._tail))
        ends_line = after.strip(" \t")[:1] in ("", "\n", "\r")
        is_code = (self._fences + before.count("```") - self._tail.count("```")) % 2
        if not starts_line or not ends_line or is_code or any(opening in before for opening in TAGS):
            return [TextDelta(text)]
        # The tag may have begun in an earlier piece.
        own = at - len(self._tail)
        self._has_begun, self._has_reasoned = False, True
        return [*([TextDelta(text[:own])] if own > 0 else ()), Restart(max(0, -own)), *self.feed(after)]


def _end_of_certain(text: str, tag: str) -> int:
    """Return the length of the text without an end that may be the beginning of the tag."""
    return next((len(text) - size for size in range(len(tag) - 1, 0, -1) if text.endswith(tag[:size])), len(text))
