from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[3] / "static/css"
PAIR = re.compile(r"(--[\w-]+): light-dark\((#\w{6}), (#\w{6})\)")


def luminance(color: str) -> float:
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
def test_it_colors_code_with_enough_contrast(theme: int) -> None:
    tokens = {name: colors for name, *colors in PAIR.findall((CSS / "tokens.css").read_text())}
    code = {name: colors for name, *colors in PAIR.findall((CSS / "code.css").read_text())}

    faint = [name for name, colors in code.items() if contrast(colors[theme], tokens["--code-bg"][theme]) < 4.5]

    assert len(code) == 8
    assert faint == []
