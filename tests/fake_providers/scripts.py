"""Scripts: the behavior of a stand-in vendor for one request."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, fields
from typing import Any, Literal

Ending = Literal["finish", "no_finish", "cut", "error", "stall", "stall_after_finish"]
Finish = Literal["stop", "length", "tool_calls", "filtered"]


@dataclass(slots=True)
class Script:
    """One answer and its faults; times in seconds.

    - ``text`` may contain ``{model}``.
    - Chunks have ``chunk_size`` characters. ``total`` spreads them over that time; without it, ``delay`` lies between
      two chunks. After ``hold`` chunks nothing comes until ``release`` is set.
    - ``split`` sends the bytes in pieces of that size, which may cut lines and characters.
    - ``end`` happens after ``at`` chunks (None: after all): a good finish, an end without one, a cut connection, an
      error inside the stream, or silence, before or after the finish.
    - A ``status`` other than 200 sends the vendor's error body; ``body`` replaces everything that would be sent. In a
      stream it is sent so many ``times``; if that is 0, until the client disconnects.
    - ``refuses`` names parameters to which the vendor responds with 400, like a model that does not accept them.
    """

    text: str = "Hello from {model}: ça va, 世界 🌍!"
    reasoning: str = ""
    chunk_size: int = 4
    first_delay: float = 0.0
    delay: float = 0.0
    total: float | None = None
    hold: int | None = None
    release: threading.Event = field(default_factory=threading.Event, compare=False)
    split: int | None = None
    end: Ending = "finish"
    at: int | None = None
    finish: Finish = "stop"
    pings: bool = False
    unknown_events: bool = False
    garbage: bool = False
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str | bytes | None = None
    times: int = 1
    refuses: tuple[str, ...] = ()
    input_tokens: int = 12
    cached_tokens: int = 4
    reasoning_tokens: int = 0

    @classmethod
    def from_model(cls, model: str) -> Script | None:
        """Return the script that a model id contains after an ``@``, as in ``any-name@total=1,end=cut,at=5``."""
        _, at, settings = model.partition("@")
        if not at:
            return None
        return cls.from_settings(dict(setting.split("=", 1) for setting in settings.split(",")))

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Script:
        """Return a script from the names and values of its fields; values may be strings."""
        defaults = {each.name: getattr(cls(), each.name) for each in fields(cls)}
        return cls(**{name: _typed(defaults[name], name, value) for name, value in settings.items()})

    def step(self, chunks: int) -> float:
        """Return the seconds between two chunks."""
        return self.delay if self.total is None else self.total / max(1, chunks)


def _typed(default: Any, name: str, value: Any) -> Any:
    if not isinstance(value, str) or isinstance(default, str) or name == "body":
        return tuple(value) if name == "refuses" else value
    if name == "refuses":
        return tuple(value.split("+"))
    if isinstance(default, bool):
        return value.lower() in {"1", "true", "yes"}
    if name in {"at", "hold", "split"} or isinstance(default, int):
        return int(value)
    return float(value)
