"""The image field of forms (templates/_image_input.html): the images that it posts, and the images to show in it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from django.db import transaction
from django.db.models import RestrictedError
from django.http import HttpRequest

from accounts.models import User
from core.errors import InvalidInput
from images.fields import MAX_IMAGES, TOO_MANY
from images.models import Image
from images.selectors import user_images
from images.services import delete_images, store_image


class PostedImages:
    """The images of a form: uploads that the page made before, by id, and files that came with the form. A browser
    without scripts sends only the latter.

    Check the rest of the form with ``uploaded`` first. The block of ``stored`` is what accepts or refuses the form:

        with posted.stored() as ids:
            start(images=ids)
    """

    def __init__(self, user: User, request: HttpRequest) -> None:
        """Read the form; raises InvalidInput for more than ``MAX_IMAGES``."""
        self._user = user
        self.uploaded = request.POST.getlist("images")
        self._files = request.FILES.getlist("image_files")
        if len(self.uploaded) + len(self._files) > MAX_IMAGES:
            raise InvalidInput(TOO_MANY, fields={"images": [TOO_MANY]})

    @contextmanager
    def stored(self) -> Iterator[list[str]]:
        """Store the files, and yield the ids of all images in their order. If the block fails, the files are deleted.

        Raises the errors of ``store_image``.
        """
        images: list[Image] = []
        try:
            for file in self._files:
                images.append(store_image(user=self._user, file=file))  # noqa: PERF401 - one may fail
            yield [*self.uploaded, *(str(image.public_id) for image in images)]
        except BaseException:
            # A message has them already if the start failed after it was saved.
            with suppress(RestrictedError), transaction.atomic():
                delete_images(images)
            raise


def images_to_show(user: User, ids: Iterable[str]) -> list[Image]:
    """Return the user's images with these ids, in this order, each once; all other ids are ignored. For a form that is
    shown again."""
    keys = []
    for each in ids:
        with suppress(ValueError):
            keys.append(uuid.UUID(each))
    images = {image.public_id: image for image in user_images(user, keys)}
    return [images[key] for key in dict.fromkeys(keys) if key in images]
