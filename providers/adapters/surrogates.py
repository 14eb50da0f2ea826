"""Characters that a sender has cut in two: JSON can hold the halves of a surrogate pair in different events."""

from __future__ import annotations

from collections.abc import Iterator

from providers.adapters.base import ReasoningDelta, TextDelta

Delta = TextDelta | ReasoningDelta


class Surrogates:
    """Joins halves that follow each other; one that stays alone becomes U+FFFD."""

    def __init__(self) -> None:
        self._half: Delta | None = None

    def is_whole(self, delta: Delta) -> bool:
        """Return True if nothing has to be mended."""
        if self._half is not None:
            return False
        if delta.text.isascii():
            return True
        try:
            delta.text.encode()
        except UnicodeEncodeError:
            return False
        return True

    def mend(self, delta: Delta) -> Iterator[Delta]:
        held, self._half = self._half, None
        text = delta.text
        if isinstance(held, type(delta)):
            text = held.text + text
        elif held is not None:
            yield type(held)("\N{REPLACEMENT CHARACTER}")
        if "\ud800" <= text[-1] <= "\udbff":
            self._half, text = type(delta)(text[-1]), text[:-1]
        if text:
            yield type(delta)(whole(text))

    def close(self) -> Iterator[Delta]:
        if self._half is not None:
            yield type(self._half)("\N{REPLACEMENT CHARACTER}")


def whole(text: str) -> str:
    """Return the text with its surrogate pairs joined, and U+FFFD for each half that has no other."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
