"""Images as the API shows them."""

from __future__ import annotations

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
