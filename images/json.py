"""Images as the API and exported texts show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from images.models import Image


def image_json(image: Image) -> dict[str, Any]:
    """Return the JSON of an image."""
    return {
        "id": str(image.public_id),
        "media_type": image.media_type,
        "width": image.width,
        "height": image.height,
        "url": image.get_absolute_url(),
    }


def image_lines(images: Iterable[Image]) -> list[str]:
    """Return lines that stand for images in exported text: one for each, with its size in pixels."""
    return [f"![image {number}] ({image.width} × {image.height})" for number, image in enumerate(images, 1)]
