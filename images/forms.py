"""The image field of forms (templates/_image_input.html): the images that it posts, and the images to show in it."""

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
    """Return the ids of a form's images: uploads that the page made before, then files that came with the form, which
    are stored now. A browser without scripts sends only the latter.

    Raises InvalidInput for more than ``MAX_IMAGES``, and the errors of ``store_image``.
    """
    ids, files = request.POST.getlist("images"), request.FILES.getlist("image_files")
    if len(ids) + len(files) > MAX_IMAGES:
        raise InvalidInput(TOO_MANY, fields={"images": [TOO_MANY]})
    return [*ids, *(str(store_image(user=user, file=file).public_id) for file in files)]


def images_to_show(user: User, ids: Iterable[str]) -> list[Image]:
    """Return the user's images with these ids, in this order, each once; all other ids are ignored. For a form that is
    shown again."""
    keys = []
    for each in ids:
        with suppress(ValueError):
            keys.append(uuid.UUID(each))
    images = {image.public_id: image for image in user_images(user, keys)}
    return [images[key] for key in dict.fromkeys(keys) if key in images]
