"""The result of a scenario: rows of one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles

from tests.support.text_columns import in_columns

HEAD = ("fault", "tries", "lost", "doubled", "wrong state", "", "figures")


@dataclass(slots=True)
class Row:
    """One fault: how often it was tried, and the errors; ``notes`` are figures, ``causes`` describe the errors."""

    fault: str
    tries: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    notes: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return self.tries > 0 and not (self.lost or self.doubled or self.wrong)

    def add_error(self, cause: str, *, lost: int = 0, doubled: int = 0, wrong: int = 0) -> None:
        """Count an error and keep its cause."""
        self.lost, self.doubled, self.wrong = self.lost + lost, self.doubled + doubled, self.wrong + wrong
        self.causes.append(cause)

    def expect(self, holds: bool, cause: str) -> None:
        """Count a wrong state if the condition does not hold."""
        if not holds:
            self.add_error(cause, wrong=1)

    @property
    def cells(self) -> tuple[str, ...]:
        verdict = "ok" if self.is_clean else "NOT CLEAN"
        figures = "; ".join(self.notes)
        return (self.fault, str(self.tries), str(self.lost), str(self.doubled), str(self.wrong), verdict, figures)


def table(rows: Sequence[Row]) -> str:
    """Return the rows in columns, and below them the first 20 causes of each row."""
    lines = in_columns([HEAD, *(row.cells for row in rows)])
    causes = [f"  {row.fault}: {cause}" for row in rows for cause in row.causes[:20]]
    return "\n".join([*lines, *(["", "Causes:", *causes] if causes else [])])


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile; 0 if there are no values."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return quantiles(values, n=20)[-1]
