"""Images as the API and texts show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from images.models import Image


def image_json(image: Image) -> dict[str, Any]:
    """An image of a message."""
    return {
        "id": str(image.public_id),
        "media_type": image.media_type,
        "width": image.width,
        "height": image.height,
        "url": image.get_absolute_url(),
    }


def image_lines(images: Iterable[Image]) -> list[str]:
    """What stands for images in a text to read: a line for each, with its size in pixels."""
    return [f"![image {number}] ({image.width} × {image.height})" for number, image in enumerate(images, 1)]
