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


def form_request(*ids: str, files: int = 0) -> HttpRequest:
    fields: dict[str, Any] = {"images": list(ids)}
    fields["image_files"] = [SimpleUploadedFile("cat.png", samples.encoded("PNG")) for _ in range(files)]
    return RequestFactory().post("/", fields)


def test_it_stores_the_files_of_a_form_and_lists_them_after_its_images(alice: User) -> None:
    first = str(uuid.uuid4())

    ids = posted_images(alice, form_request(first, files=2))

    assert ids == [first, *(str(image.public_id) for image in Image.objects.order_by("pk"))]
    assert len(ids) == 3


def test_it_accepts_a_form_without_images(alice: User) -> None:
    assert posted_images(alice, form_request()) == []
    assert posted_images(alice, RequestFactory().post("/", "prompt=x", "application/x-www-form-urlencoded")) == []


def test_it_stores_nothing_if_there_are_too_many_images(alice: User) -> None:
    with pytest.raises(InvalidInput, match="At most 8 images") as refused:
        posted_images(alice, form_request(*[str(uuid.uuid4())] * 7, files=2))

    assert (refused.value.fields or {}).keys() == {"images"}
    assert not Image.objects.exists()


def test_it_shows_only_the_users_own_images_again(alice: User, bob: User) -> None:
    one, two = (str(posted_images(alice, form_request(files=1))[0]) for _ in range(2))
    other = posted_images(bob, form_request(files=1))[0]

    shown = images_to_show(alice, [two, "nonsense", other, one, str(uuid.uuid4()), two])

    assert [str(image.public_id) for image in shown] == [two, one]
