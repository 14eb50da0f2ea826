"""Storing images and taking them away; a file goes once the transaction that deleted its row is committed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage
from django.db import transaction
from django.db.models import RestrictedError
from django.utils import timezone

from accounts.errors import Conflict, TooLarge
from accounts.models import User
from images.checking import check_image
from images.models import Image

IN_USE = "This image belongs to a message. Delete the message, and the image goes with it."
KEPT_UNSENT = timedelta(days=1)


def store_image(*, user: User, file: File[bytes]) -> Image:
    """Check and keep an upload; raises TooLarge, and InvalidInput for what is no still image. Then nothing is kept."""
    if (file.size or 0) > settings.MAX_IMAGE_MB * 1024 * 1024:
        raise TooLarge(f"The image is larger than {settings.MAX_IMAGE_MB} MB. Make it smaller first.")
    checked = check_image(file.read())
    image = Image(
        user=user,
        media_type=checked.media_type,
        width=checked.width,
        height=checked.height,
        size=len(checked.data),
        sha256=sha256(checked.data).hexdigest(),
    )
    image.file.save("", ContentFile(checked.data), save=False)
    try:
        image.save()
    except Exception:
        _delete_files([image.file.name])
        raise
    return image


def delete_image(*, image: Image) -> None:
    """Delete an image that belongs to no message; raises Conflict for any other."""
    with transaction.atomic():
        locked = Image.objects.select_for_update().filter(pk=image.pk)
        try:
            delete_images(locked)
        except RestrictedError as error:
            raise Conflict(IN_USE) from error


def delete_images(images: Iterable[Image]) -> None:
    """Delete images that belong to no message, and their files; call it within the caller's transaction.

    Raises RestrictedError.
    """
    names = []
    for image in images:
        names.append(image.file.name)
        image.delete()
    transaction.on_commit(lambda: _delete_files(names))


def delete_stray_files() -> int:
    """Delete files that no image has, of users that are gone, say; returns how many. Those of the last day may belong
    to an upload under way."""
    oldest = timezone.now() - KEPT_UNSENT
    known = set(Image.objects.values_list("file", flat=True))
    unknown = [name for name in _names(default_storage) if name not in known]
    stray = [name for name in unknown if default_storage.get_modified_time(name) < oldest]
    _delete_files(stray)
    return len(stray)


def _names(storage: Storage) -> Iterable[str]:
    for folder in storage.listdir("")[0]:
        yield from (f"{folder}/{name}" for name in storage.listdir(folder)[1])


def _delete_files(names: Iterable[str | None]) -> None:
    for name in names:
        default_storage.delete(name or "")
