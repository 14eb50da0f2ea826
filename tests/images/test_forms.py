from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import RequestFactory

from accounts.models import User
from core.errors import InvalidInput
from images.forms import images_to_show, posted_images
from images.models import Image
from tests.images import samples


def posted(*ids: str, files: int = 0) -> HttpRequest:
    fields: dict[str, Any] = {"images": list(ids)}
    fields["image_files"] = [SimpleUploadedFile("cat.png", samples.encoded("PNG")) for _ in range(files)]
    return RequestFactory().post("/", fields)


def test_it_stores_the_files_of_a_form_behind_the_images_it_had(alice: User) -> None:
    first = str(uuid.uuid4())

    ids = posted_images(alice, posted(first, files=2))

    assert ids == [first, *(str(image.public_id) for image in Image.objects.order_by("pk"))]
    assert len(ids) == 3


def test_it_takes_a_form_without_images(alice: User) -> None:
    assert posted_images(alice, posted()) == []
    assert posted_images(alice, RequestFactory().post("/", "prompt=x", "application/x-www-form-urlencoded")) == []


def test_it_stores_nothing_of_too_many(alice: User) -> None:
    with pytest.raises(InvalidInput, match="At most 8 images") as refused:
        posted_images(alice, posted(*[str(uuid.uuid4())] * 7, files=2))

    assert (refused.value.fields or {}).keys() == {"images"}
    assert not Image.objects.exists()


def test_it_shows_again_what_is_the_users_own(alice: User, bob: User) -> None:
    one, two = (str(posted_images(alice, posted(files=1))[0]) for _ in range(2))
    other = posted_images(bob, posted(files=1))[0]

    shown = images_to_show(alice, [two, "nonsense", other, one, str(uuid.uuid4()), two])

    assert [str(image.public_id) for image in shown] == [two, one]
