"""Colors of providers, which stay the same wherever they are shown."""

from __future__ import annotations

from colorsys import hls_to_rgb
from hashlib import sha256

LEAST_CONTRAST = 4.6
"""Against white, a little more than the 4.5 that WCAG asks for text."""
SATURATION = 0.6


def color_of(name: str) -> str:
    """Return a color for a name, like "#475569", that can be read on white."""
    hue = int.from_bytes(sha256(name.encode()).digest()[:4]) / 2**32
    lightness = 0.5
    while contrast(color := _hex(hue, lightness)) < LEAST_CONTRAST:
        lightness -= 0.01
    return color


def _hex(hue: float, lightness: float) -> str:
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in hls_to_rgb(hue, lightness, SATURATION))


def contrast(color: str) -> float:
    """Return the contrast of a color with white, by WCAG's formula."""
    channels = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    luminance = sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05)
