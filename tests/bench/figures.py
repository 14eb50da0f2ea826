"""The figures of a measurement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tests.support.text_columns import in_columns


@dataclass(frozen=True, slots=True)
class Figure:
    """Values of one quantity, and the goal that they should stay below."""

    name: str
    unit: str
    values: Sequence[float]
    goal: float

    @property
    def row(self) -> tuple[str, ...]:
        return (
            self.name,
            f"{median(self.values):.1f}",
            f"{max(self.values):.1f}",
            f"≤ {self.goal:g}",
            self.unit,
            str(len(self.values)),
        )


def table(figures: Sequence[Figure]) -> str:
    """Return the figures, one a line, in columns."""
    rows = [("", "median", "worst", "goal", "unit", "tries"), *(figure.row for figure in figures)]
    return "\n".join(in_columns(rows))
