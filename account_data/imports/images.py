"""Import of images: each is in the archive once, and is stored with the first new message that shows it."""

from __future__ import annotations

import base64
import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings

from account_data.imports.ids import BATCH, held_rows, new_items
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
class Picture:
    """An image of an archive, and the stored image once it is known; ``is_new`` if this import stored it."""

    public_id: uuid.UUID
    checked: Checked
    image: Image | None = None
    is_new: bool = False


def image_keys(user: User) -> list[int]:
    """Return the keys of the images in the user's messages; uploads that were never sent are left out."""
    places = MessageImage.objects.filter(image__user=user, message__conversation__discarded_at=None)
    return list(places.order_by("image").values_list("image", flat=True).distinct())


def image_json(key: int, exported: set[str]) -> Json | None:
    """Return an image with its content and add its id to ``exported``; None if it, or its file, is gone."""
    image = Image.objects.filter(pk=key).first()
    if image is None:
        return None
    try:
        with image.file.open() as file:
            data = base64.b64encode(file.read())
    except FileNotFoundError:
        logger.warning("the file of %s is missing: it is not in the archive", image)
        return None
    exported.add(str(image.public_id))
    # Base64 needs no escaping; for a string orjson would reserve eight times its size.
    return {"id": str(image.public_id), "media_type": image.media_type, "data": orjson.Fragment(b'"%b"' % data)}


def read_picture(part: Part, _user: User) -> Picture:
    """Return an image of an archive; its content decides its format."""
    picture = Picture(part.own_id(KIND), _checked(part))
    part.remember(KIND, picture.public_id, picture)
    return picture


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


def named_pictures(part: Part, name: str) -> list[Picture]:
    """Return the images that a message names; none in older archives, which had no images."""
    pictures: list[Picture] = part.later(name, lambda name: part.remembered(name, KIND), [])
    if len(set(pictures)) < len(pictures) or len(pictures) > MAX_IMAGES:
        part.refuse(name, f"has to name up to {MAX_IMAGES} images, each once")
    return pictures


def attach_pictures(user: User, shown: Sequence[tuple[Message, Sequence[Picture]]]) -> None:
    """Attach images to saved messages of the user, and store those that the user does not have; call it within a
    transaction, and ``undo_images`` if that fails."""
    _keep(user, dict.fromkeys(picture for _, pictures in shown for picture in pictures))
    places = (
        MessageImage(message=message, image=picture.image, position=position)
        for message, pictures in shown
        for position, picture in enumerate(pictures)
    )
    MessageImage.objects.bulk_create(places, batch_size=BATCH)


def _keep(user: User, pictures: Iterable[Picture]) -> None:
    """Lock those that are stored already until the end of the transaction, so that nobody deletes them meanwhile."""
    mine = Image.objects.filter(user=user)
    unknown = [picture for picture in pictures if picture.image is None]
    held = held_rows(user, [picture.public_id for picture in unknown], mine)
    for picture in unknown:
        picture.image = held.get(picture.public_id)
    missing = [picture for picture in unknown if picture.image is None]
    for picture in new_items(user, missing, lambda picture: picture, mine):
        picture.image = keep_image(user=user, checked=picture.checked, public_id=picture.public_id)
        picture.is_new = True


def undo_images(pictures: Iterable[Picture]) -> None:
    """Delete the files of an import that was rolled back."""
    delete_files(picture.image for picture in pictures if picture.image is not None and picture.is_new)
