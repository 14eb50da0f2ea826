"""The results of loads as a table and as a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from statistics import median
from typing import Any

Result = Mapping[str, Any]
Results = Mapping[str, Mapping[str, Result]]
"""Results by load and target."""

HEAD = (
    "load",
    "target",
    "first token",
    "chunk delay",
    "CPU a start",
    "CPU a 1000 chunks",
    "chunks a second",
    "memory",
    "bad",
    "limited by",
)
BAD = ("lost", "doubled", "reordered", "not completed")
LATE = 10.0
"""Milliseconds that the provider or the client may be late themselves; beyond that they are the limit."""
BAR, GAP, LEFT, WIDTH = 14, 6, 300, 900
COLORS = ("#4f46e5", "#0891b2", "#9ca3af", "#6b7280", "#d97706")


def faults(result: Result) -> int:
    """Return how many chunks or answers of a load went wrong."""
    return sum(int(result[name]) for name in BAD)


def medians(results: Sequence[Result]) -> dict[str, Any]:
    """Return one result of several of the same load: the median of each figure, but all that went wrong."""
    return {
        name: sum(each[name] for each in results) if name in BAD else _median([each[name] for each in results])
        for name in results[0]
    }


def _median(values: Sequence[Any]) -> Any:
    first = values[0]
    if isinstance(first, Mapping):
        return {name: _median([each[name] for each in values]) for name in first}
    return [item for each in values for item in each] if isinstance(first, list) else median(values)


def cpu_of_start(result: Result) -> float:
    """Return the milliseconds of CPU that all processes of the target used for each start."""
    return float(sum(result["cpu"].values())) / max(1, int(result["starts"]))


def cpu_of_chunks(result: Result) -> float:
    """Return the milliseconds of CPU that all processes of the target used for a thousand chunks."""
    return 1000 * float(sum(result["cpu"].values())) / max(1, int(result["chunks"]))


def row(load: str, target: str, result: Result) -> tuple[str, ...]:
    """Return the cells of a result; times in milliseconds as median / 95th percentile, memory in MB."""
    first, delay = result["first"], result["delay"]
    parts = ", ".join(f"{role} {used / max(1, result['starts']):.1f}" for role, used in result["cpu"].items())
    limits = [name for name in ("provider", "lag") if result[name]["p95"] > LATE]
    return (
        load,
        target,
        f"{first['p50']:.0f} / {first['p95']:.0f}",
        f"{delay['p50']:.0f} / {delay['p95']:.0f}",
        f"{cpu_of_start(result):.1f} ({parts})",
        f"{cpu_of_chunks(result):.0f}",
        f"{result['pace']:.0f}",
        f"{sum(result['memory'].values()):.0f}",
        ", ".join(f"{result[name]} {name}" for name in BAD if result[name]) or "0",
        ", ".join("client" if name == "lag" else name for name in limits),
    )


def chart(results: Results) -> str:
    """Return an SVG with the 95th percentile of the first token's time, by load and target, on a logarithmic axis."""
    bars, y = [], GAP
    for load, by_target in results.items():
        bars.append(f'<text x="{LEFT - 10}" y="{y + BAR}" text-anchor="end">{escape(load)}</text>')
        for (target, result), color in zip(by_target.items(), COLORS, strict=False):
            milliseconds = max(1.0, float(result["first"]["p95"]))
            width = (WIDTH - LEFT - 160) * min(1.0, log10(milliseconds) / 4)
            bars.append(f'<rect x="{LEFT}" y="{y}" width="{width:.0f}" height="{BAR}" fill="{color}"/>')
            label = f"{milliseconds:.0f} ms, {escape(target)}"
            bars.append(f'<text x="{LEFT + width + 6:.0f}" y="{y + BAR - 3}">{label}</text>')
            y += BAR + 2
        y += GAP
    style = "<style>text { font: 12px system-ui, sans-serif; fill: #374151; }</style>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}">{style}{"".join(bars)}</svg>\n'
