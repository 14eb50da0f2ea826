"""Export and import of images. Each is in the archive once, and is stored with the first new message that shows it."""

from __future__ import annotations

import base64
import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings

from account_data.imports.ids import BATCH, existing_rows, new_items
from account_data.imports.reader import Part
from accounts.models import User
from conversations.models import Message, MessageImage
from core.errors import InvalidInput, TooLarge
from images.fields import MAX_IMAGES
from images.models import Image
from images.services import checked_upload, delete_files, keep_image
from images.validation import Checked

logger = logging.getLogger(__name__)

KIND = "image"
Json = dict[str, Any]


@dataclass(slots=True, eq=False)
class ImportedImage:
    """An image of an archive, and the ``stored`` image once it is known; ``is_new`` if this import stored it."""

    public_id: uuid.UUID
    checked: Checked
    stored: Image | None = None
    is_new: bool = False


def image_keys(user: User) -> list[int]:
    """Return the keys of the images in the user's messages; uploads that were never sent are left out."""
    uses = MessageImage.objects.filter(
        image__user=user, message__conversation__discarded_at=None, message__conversation__incomplete_since=None
    )
    return list(uses.order_by("image").values_list("image", flat=True).distinct())


def image_json(key: int, exported: set[str]) -> Json | None:
    """Return an image with its content and add its id to ``exported``; None if the image or its file is gone."""
    image = Image.objects.filter(pk=key).first()
    if image is None:
        return None
    try:
        with image.file.open() as file:
            data = base64.b64encode(file.read())
    except FileNotFoundError:
        logger.warning("the file of %s is missing, so the image is left out of the archive", image)
        return None
    exported.add(str(image.public_id))
    # As a fragment: Base64 needs no escaping, and for a string orjson would reserve eight times its size.
    return {"id": str(image.public_id), "media_type": image.media_type, "data": orjson.Fragment(b'"%b"' % data)}


def read_image(part: Part, _user: User) -> ImportedImage:
    """Return an image of an archive; its content decides its format."""
    image = ImportedImage(part.own_id(KIND), _checked(part))
    part.register(KIND, image.public_id, image)
    return image


def _checked(part: Part) -> Checked:
    encoded = part.text("data", settings.MAX_ARCHIVE_MB * 1024 * 1024)
    try:
        data = base64.b64decode(encoded, validate=True)
    except ValueError:
        part.refuse("data", "is not Base64")
    try:
        return checked_upload(data)
    except (InvalidInput, TooLarge) as error:
        part.refuse("data", f"cannot be stored: {error.message.rstrip('.')}")


def referenced_images(part: Part, name: str) -> list[ImportedImage]:
    """Return the images that a message names; none in archives from before there were images."""
    images: list[ImportedImage] = part.optional(name, lambda name: part.references(name, KIND), [])
    if len(set(images)) < len(images) or len(images) > MAX_IMAGES:
        part.refuse(name, f"has to name up to {MAX_IMAGES} images, each once")
    return images


def attach_images(user: User, messages: Sequence[tuple[Message, Sequence[ImportedImage]]]) -> None:
    """Attach images to saved messages, and store those that the user does not have.

    Call it within a transaction, and ``undo_images`` if that fails.
    """
    _store(user, dict.fromkeys(image for _, images in messages for image in images))
    uses = (
        MessageImage(message=message, image=image.stored, position=position)
        for message, images in messages
        for position, image in enumerate(images)
    )
    MessageImage.objects.bulk_create(uses, batch_size=BATCH)


def _store(user: User, images: Iterable[ImportedImage]) -> None:
    """Find the user's stored image for each image, or store it.

    Images that are found are locked until the end of the transaction, so that they are not deleted meanwhile.
    """
    mine = Image.objects.filter(user=user)
    unknown = [image for image in images if image.stored is None]
    existing = existing_rows(user, [image.public_id for image in unknown], mine)
    for image in unknown:
        image.stored = existing.get(image.public_id)
    missing = [image for image in unknown if image.stored is None]
    for image in new_items(user, missing, lambda image: image, mine):
        image.stored = keep_image(user=user, checked=image.checked, public_id=image.public_id)
        image.is_new = True


def undo_images(images: Iterable[ImportedImage]) -> None:
    """Delete the files of an import that was rolled back."""
    delete_files(image.stored for image in images if image.stored is not None and image.is_new)
