from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

TEXT, BOUNDARY = 4.5, 3.0
SURFACES = ("bg", "surface", "surface-2")
PAIRS = [
    *((text, surface, TEXT) for text in ("text", "text-muted", "accent") for surface in SURFACES),
    *((text, surface, TEXT) for text in ("danger", "success", "warning") for surface in SURFACES),
    *((tone, f"{tone}-soft", TEXT) for tone in ("accent", "danger", "success", "warning")),
    *((text, "code-bg", TEXT) for text in ("text", "text-muted")),
    ("text", "accent-soft", TEXT),
    ("accent-contrast", "accent", TEXT),
    ("accent-contrast", "accent-hover", TEXT),
    ("accent-hover", "bg", TEXT),
    *(("border-strong", surface, BOUNDARY) for surface in ("bg", "surface")),
    *(("accent", surface, BOUNDARY) for surface in SURFACES),
]


def tokens() -> dict[str, tuple[str, str]]:
    css = (Path(settings.BASE_DIR) / "static/css/tokens.css").read_text()
    found = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", css)
    return {name: (light, dark) for name, light, dark in found}


def luminance(color: str) -> float:
    channels = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_it_computes_contrast_as_wcag_does() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_it_keeps_enough_contrast(front: str, back: str, least: float, theme: int) -> None:
    colors = tokens()

    ratio = contrast(colors[front][theme], colors[back][theme])

    assert ratio >= least
