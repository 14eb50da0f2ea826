"""Queries for a user's own images."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from accounts.models import User
from core.errors import InvalidInput, NotFound
from images.models import Image

MISSING = "There is no such image, or it is not yours."
GONE = "One of the images no longer exists, or it is not yours. Add it again."


def user_image(user: User, public_id: uuid.UUID) -> Image:
    """Return the user's image; raises NotFound, also for another user's."""
    image = Image.objects.filter(user=user, public_id=public_id).first()
    if image is None:
        raise NotFound(MISSING)
    return image


def user_images(user: User, public_ids: Iterable[uuid.UUID]) -> QuerySet[Image]:
    """Return the images with these ids that belong to the user, in no particular order."""
    return Image.objects.filter(user=user, public_id__in=list(public_ids))


def chosen_images(user: User, public_ids: Sequence[uuid.UUID]) -> list[Image]:
    """Return the user's images with these ids, in this order, each once, locked until the end of the transaction.

    Raises InvalidInput if one does not exist or belongs to another user.
    """
    if not public_ids:
        return []
    images = {image.public_id: image for image in user_images(user, public_ids).select_for_update()}
    if not images.keys() >= set(public_ids):
        raise InvalidInput(GONE, fields={"images": [GONE]})
    return [images[public_id] for public_id in dict.fromkeys(public_ids)]
