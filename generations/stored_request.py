"""Reading the images of a request, just before it is sent."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from accounts.models import User
from images.models import Image as StoredImage
from images.selectors import user_images
from providers.adapters.base import ErrorCode, Image, ProviderError

GONE = "An image of this conversation is not there any more. Send the message again without it."


def loaded_images(user: User, ids: Collection[str]) -> dict[str, Image]:
    """The user's images with their bytes, by id; raises ProviderError where one is gone. No query for none."""
    if not ids:
        return {}
    try:
        images = {str(image.public_id): _loaded(image) for image in user_images(user, map(uuid.UUID, ids))}
    except OSError as error:
        raise ProviderError(ErrorCode.BAD_REQUEST, GONE, detail=f"an image cannot be read: {error}") from error
    if len(images) < len(ids):
        raise ProviderError(ErrorCode.BAD_REQUEST, GONE, detail="an image is not in the database")
    return images


def _loaded(stored: StoredImage) -> Image:
    with stored.file.open() as file:
        return Image(str(stored.public_id), stored.media_type, stored.width, stored.height, file.read())
