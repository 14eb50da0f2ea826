"""Images in the API and in exported texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from images.models import Image


def image_json(image: Image) -> dict[str, Any]:
    """Return an image as the API describes it."""
    return {
        "id": str(image.public_id),
        "media_type": image.media_type,
        "width": image.width,
        "height": image.height,
        "url": image.get_absolute_url(),
    }


def image_lines(images: Iterable[Image]) -> list[str]:
    """Return one line for each image, with its size in pixels, to represent it in an exported text."""
    return [f"![image {number}] ({image.width} × {image.height})" for number, image in enumerate(images, 1)]
