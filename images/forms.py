"""The image field of a form (templates/_image_input.html): the images that it posts, and those that it shows again."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress

from django.http import HttpRequest

from accounts.models import User
from core.errors import InvalidInput
from images.fields import MAX_IMAGES, TOO_MANY
from images.models import Image
from images.selectors import user_images
from images.services import store_image


def posted_images(user: User, request: HttpRequest) -> list[str]:
    """Return the ids of a form's images: those that its page has uploaded, and the files that a browser without
    scripts sends along, which are stored now. Raises like ``store_image``."""
    ids, files = request.POST.getlist("images"), request.FILES.getlist("image_files")
    if len(ids) + len(files) > MAX_IMAGES:
        raise InvalidInput(TOO_MANY, fields={"images": [TOO_MANY]})
    return [*ids, *(str(store_image(user=user, file=file).public_id) for file in files)]


def images_to_show(user: User, ids: Iterable[str]) -> list[Image]:
    """Return the images of a form that is shown again, in their order, without those of other users."""
    keys = []
    for each in ids:
        with suppress(ValueError):
            keys.append(uuid.UUID(each))
    found = {image.public_id: image for image in user_images(user, keys)}
    return [found[key] for key in dict.fromkeys(keys) if key in found]
