"""Images that users show to models."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse


def random_name(_image: Image, _filename: str) -> str:
    """Return a random path for an image, which has nothing of the file name that its user sent."""
    name = uuid.uuid4().hex
    return f"{name[:2]}/{name}"


class Image(models.Model):
    """A user's image, as it was checked and stored; it never changes.

    ``width`` and ``height`` are in pixels, ``size`` in bytes.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="images")
    media_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to=random_name)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.media_type} {self.public_id}"

    def get_absolute_url(self) -> str:
        return reverse("images:image-detail", args=[self.public_id])
