"""The distribution of a quantity: its count, median, 95th percentile and largest value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Distribution:
    """All 0 if nothing was measured."""

    count: int = 0
    p50: float = 0.0
    p95: float = 0.0
    worst: float = 0.0

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        if not values:
            return cls()
        ordered = sorted(values)
        last = len(ordered) - 1
        return cls(len(ordered), *(round(ordered[round(last * share)], 3) for share in (0.5, 0.95, 1.0)))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
