from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import Client, RequestFactory
from redis import Redis

from accounts.models import User
from core.errors import InvalidInput, OverBudget, TooManyRequests
from images.forms import PostedImages, images_to_show
from images.models import Image
from tests.images import samples


@pytest.fixture(autouse=True)
def _reset_rate_limit(redis: Redis) -> None:
    """An empty Redis, which resets the rate limit of uploads."""


def form_request(*ids: str, files: int = 0) -> HttpRequest:
    fields: dict[str, Any] = {"images": list(ids)}
    fields["image_files"] = [SimpleUploadedFile("cat.png", samples.encoded("PNG")) for _ in range(files)]
    return RequestFactory().post("/", fields)


def stored_ids(user: User, request: HttpRequest) -> list[str]:
    with PostedImages(user, request).stored() as ids:
        return ids


def test_it_stores_the_files_of_a_form_and_lists_them_after_its_images(alice: User) -> None:
    first = str(uuid.uuid4())

    ids = stored_ids(alice, form_request(first, files=2))

    assert ids == [first, *(str(image.public_id) for image in Image.objects.order_by("pk"))]
    assert len(ids) == 3


def test_it_accepts_a_form_without_images(alice: User) -> None:
    assert stored_ids(alice, form_request()) == []
    assert stored_ids(alice, RequestFactory().post("/", "prompt=x", "application/x-www-form-urlencoded")) == []


def test_it_stores_nothing_if_there_are_too_many_images(alice: User) -> None:
    with pytest.raises(InvalidInput, match="At most 8 images") as refused:
        PostedImages(alice, form_request(*[str(uuid.uuid4())] * 7, files=2))

    assert (refused.value.fields or {}).keys() == {"images"}
    assert not Image.objects.exists()


def test_it_deletes_the_files_of_a_form_that_is_refused(alice: User, uploads: Path) -> None:
    kept = stored_ids(alice, form_request(files=1))

    with pytest.raises(OverBudget), PostedImages(alice, form_request(*kept, files=2)).stored() as ids:
        assert Image.objects.count() == 3
        raise OverBudget("Nothing is left.")

    assert len(ids) == 3
    assert [str(image.public_id) for image in Image.objects.all()] == kept
    assert len([path for path in uploads.rglob("*") if path.is_file()]) == 1


def test_it_counts_the_files_of_forms_as_uploads(alice: User, uploads: Path) -> None:
    for _ in range(7):
        stored_ids(alice, form_request(files=8))

    with pytest.raises(TooManyRequests, match="Too many images at once"):
        stored_ids(alice, form_request(files=5))

    assert Image.objects.count() == 56


@pytest.mark.parametrize(("path", "field"), [("/", "prompt"), ("/chat/start/", "message")])
def test_a_page_stores_no_image_of_a_form_that_it_refuses(
    alice: User, path: str, field: str, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[object] = []
    monkeypatch.setattr(FileSystemStorage, "_save", lambda *arguments: stored.append(arguments))
    client = Client()
    client.force_login(alice)
    file = SimpleUploadedFile("cat.png", samples.encoded("PNG"))

    response = client.post(
        path, {field: "", "model": "demo/demo-swift", "providers": "demo/demo-swift", "image_files": file}
    )

    assert response.status_code == 400
    assert not stored
    assert not Image.objects.exists()


def test_it_shows_only_the_users_own_images_again(alice: User, bob: User) -> None:
    one, two = (stored_ids(alice, form_request(files=1))[0] for _ in range(2))
    other = stored_ids(bob, form_request(files=1))[0]

    shown = images_to_show(alice, [two, "nonsense", other, one, str(uuid.uuid4()), two])

    assert [str(image.public_id) for image in shown] == [two, one]
