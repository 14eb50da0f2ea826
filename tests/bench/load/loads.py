"""The loads that are put on an installation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Load:
    """``starts`` requests: ``rate`` of them a second, or one after the other (0), or all at once (None).

    Each is put to ``columns`` models, whose answers have ``chunks`` chunks, one each ``interval`` milliseconds. A load
    that measures little is put on in several ``rounds``, of which the medians count.
    """

    name: str
    starts: int
    rate: float | None
    chunks: int
    interval: int
    columns: int = 1
    door: str = "compare"
    rounds: int = 1

    @property
    def model(self) -> str:
        return f"stamped-{self.chunks}x{self.interval}"

    @property
    def seconds(self) -> float:
        """The seconds that the load lasts if nothing is late."""
        answer = self.chunks * self.interval / 1000
        return answer * self.starts if self.rate == 0 else answer + self.starts / (self.rate or float("inf"))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


ONE = Load("one stream", 20, 0, 20, 10, rounds=7)
STARTS = (
    Load("starts of one column", 30, 5, 1, 0, rounds=7),
    Load("starts of four columns", 30, 5, 1, 0, columns=4, rounds=7),
    Load("starts of eight columns", 30, 5, 1, 0, columns=8, rounds=3),
)
RATES = tuple(Load(f"{rate} starts a second", 10 * rate, rate, 40, 100) for rate in (5, 15, 25, 50))
AT_ONCE = tuple(Load(f"{streams} streams at once", streams, None, 40, 100) for streams in (100, 300))
MINUTE = Load("40 starts a second for a minute", 2400, 40, 40, 50)
LONG = Load("long streams", 20, 10, 800, 20, rounds=3)
STEADY = Load("100 streams, a chunk each 10 ms", 100, 25, 1500, 10)
SATURATION = Load("180 streams, a chunk each 5 ms", 180, 25, 2000, 5)
DOORS = tuple(
    Load(f"door: {door}", 40, 5, 40, 50, door=door, rounds=3 if "chat" in door else 1)
    for door in ("socket", "page", "chat", "chat twice")
)
"""The last is charged for two exchanges: less a new chat, it is what a later exchange costs."""

SUSTAINED = (5, 10, 15, 20, 25, 30, 40, 50, 65, 80)
"""The starts a second that are tried one after the other."""

SINGLE_COLUMN = (ONE, STARTS[0], *RATES, *AT_ONCE, LONG, STEADY, SATURATION)
"""The loads that a gateway, which has no comparisons, takes too."""
GROUPS = ((ONE,), STARTS, *((each,) for each in (*RATES, *AT_ONCE, LONG, STEADY, SATURATION)), DOORS, (MINUTE,))
"""All loads. Those of a group are compared with each other, so they are put on in turn, round by round.

A load that only LLMSelect takes comes after those that others take too: its thousands of answers would be in memory
only here.
"""
