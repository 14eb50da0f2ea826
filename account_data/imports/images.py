"""The images of an archive: each is told once, and kept with the first new message that shows it."""

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
    """An image as it was read, and what it is here, once it is known; ``is_new`` where that was stored by us."""

    public_id: uuid.UUID
    checked: Checked
    image: Image | None = None
    is_new: bool = False


def image_keys(user: User) -> list[int]:
    """What the user's messages show; what was uploaded and never sent is left out."""
    places = MessageImage.objects.filter(image__user=user, message__conversation__discarded_at=None)
    return list(places.order_by("image").values_list("image", flat=True).distinct())


def image_json(key: int, told: set[str]) -> Json | None:
    """An image with its content, its id then among those that were ``told``; None where it, or its file, is gone."""
    image = Image.objects.filter(pk=key).first()
    if image is None:
        return None
    try:
        with image.file.open() as file:
            data = base64.b64encode(file.read())
    except FileNotFoundError:
        logger.warning("the file of %s is missing: it is not in the archive", image)
        return None
    told.add(str(image.public_id))
    # Base64 is JSON as it stands; for a text orjson would make room for eight times as much.
    return {"id": str(image.public_id), "media_type": image.media_type, "data": orjson.Fragment(b'"%b"' % data)}


def read_picture(part: Part, user: User) -> Picture:
    """An image of an archive: what its content says it is."""
    picture = Picture(part.own_id(KIND), _checked(part))
    part.remember(KIND, picture.public_id, picture)
    return picture


def _checked(part: Part) -> Checked:
    encoded = part.text("data", settings.MAX_ARCHIVE_MB * 1024 * 1024)
    try:
        data = base64.b64decode(encoded, validate=True)
    except ValueError:
        part.refuse("data", "is no Base64")
    try:
        return checked_upload(data)
    except (InvalidInput, TooLarge) as error:
        part.refuse("data", f"cannot be kept: {error.message.rstrip('.')}")


def named_pictures(part: Part, name: str) -> list[Picture]:
    """The images that a message names; none in archives of the time before there were any."""
    pictures: list[Picture] = part.later(name, lambda name: part.remembered(name, KIND), [])
    if len(set(pictures)) < len(pictures) or len(pictures) > MAX_IMAGES:
        part.refuse(name, f"has to name up to {MAX_IMAGES} images, each once")
    return pictures


def place_pictures(user: User, shown: Sequence[tuple[Message, Sequence[Picture]]]) -> None:
    """Put images into saved messages of the user's, and store those that the user does not have; call it within a
    transaction, and ``take_back`` where that fails."""
    _keep(user, dict.fromkeys(picture for _, pictures in shown for picture in pictures))
    places = (
        MessageImage(message=message, image=picture.image, position=position)
        for message, pictures in shown
        for position, picture in enumerate(pictures)
    )
    MessageImage.objects.bulk_create(places, batch_size=BATCH)


def _keep(user: User, pictures: Iterable[Picture]) -> None:
    """Those that are here already are held until the end of the transaction, that nobody deletes them meanwhile."""
    mine = Image.objects.filter(user=user)
    unknown = [picture for picture in pictures if picture.image is None]
    held = held_rows(user, [picture.public_id for picture in unknown], mine)
    for picture in unknown:
        picture.image = held.get(picture.public_id)
    missing = [picture for picture in unknown if picture.image is None]
    for picture in new_items(user, missing, lambda picture: picture, mine):
        picture.image = keep_image(user=user, checked=picture.checked, public_id=picture.public_id)
        picture.is_new = True


def take_back(pictures: Iterable[Picture]) -> None:
    """Delete the files of an import that was rolled back."""
    delete_files(picture.image for picture in pictures if picture.image is not None and picture.is_new)
