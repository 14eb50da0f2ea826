"""Storage and deletion of images. A file is deleted when the transaction that deleted its row is committed."""

from __future__ import annotations

import uuid
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

from accounts.models import User
from accounts.storage import check_storage
from core.errors import Conflict, TooLarge
from core.rate_limits import Limit
from images.models import Image
from images.validation import Checked, check_image

UPLOADS = Limit("upload", 60, 60, "Too many images at once. Wait a minute and try again.")
IN_USE = "This image belongs to a message. Delete the message to delete the image."
KEPT_UNSENT = timedelta(days=1)
"""The age at which an image that belongs to no message is deleted."""


def store_image(*, user: User, file: File[bytes]) -> Image:
    """Check and store an upload; raises the errors of ``admit_upload`` and ``checked_upload``, and then stores
    nothing."""
    admit_upload(user=user, file=file)
    return keep_image(user=user, checked=checked_upload(file.read()))


def admit_upload(*, user: User, file: File[bytes]) -> None:
    """Count an upload before it is checked; raises TooManyRequests beyond ``UPLOADS``, TooLarge, and StorageFull."""
    UPLOADS.take(str(user.pk))
    _check_size(file.size or 0)
    check_storage(user, file.size or 0)


def checked_upload(data: bytes) -> Checked:
    """Return an upload as it is to be stored; raises TooLarge, and InvalidInput for anything but a still image."""
    _check_size(len(data))
    checked = check_image(data)
    # An image that was encoded again may be larger than the upload.
    _check_size(len(checked.data))
    return checked


def _check_size(size: int) -> None:
    if size > settings.MAX_IMAGE_MB * 1024 * 1024:
        raise TooLarge(f"The image is larger than {settings.MAX_IMAGE_MB} MB. Make it smaller first.")


def keep_image(*, user: User, checked: Checked, public_id: uuid.UUID | None = None) -> Image:
    """Write an image's file and save its row; if that fails, no file is left.

    A caller whose transaction is rolled back deletes the file itself (``delete_files``).
    """
    image = Image(
        public_id=public_id or uuid.uuid4(),
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
        delete_files([image])
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
    """Delete images and their files; call it within a transaction. Raises RestrictedError if one belongs to a
    message."""
    deleted = list(images)
    for image in deleted:
        image.delete()
    transaction.on_commit(lambda: delete_files(deleted), robust=True)


def delete_stray_files() -> int:
    """Delete files without a row, for example those of deleted users, and return their number.

    Files younger than ``KEPT_UNSENT`` stay, because the row of an upload is saved after its file.
    """
    oldest = timezone.now() - KEPT_UNSENT
    known = set(Image.objects.values_list("file", flat=True))
    unknown = [name for name in _names(default_storage) if name not in known]
    stray = [name for name in unknown if default_storage.get_modified_time(name) < oldest]
    _delete(stray)
    return len(stray)


def _names(storage: Storage) -> Iterable[str]:
    for folder in storage.listdir("")[0]:
        yield from (f"{folder}/{name}" for name in storage.listdir(folder)[1])


def delete_files(images: Iterable[Image]) -> None:
    """Delete the files of images whose rows are gone."""
    _delete(image.file.name for image in images)


def _delete(names: Iterable[str | None]) -> None:
    for name in names:
        default_storage.delete(name or "")
