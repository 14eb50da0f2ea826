from __future__ import annotations

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from conversations.message_images import delete_unsent_images
from core.errors import InvalidInput, NotFound, TooLarge
from images.models import Image
from images.selectors import chosen_images, user_image
from images.services import delete_image, delete_images, delete_stray_files, store_image
from tests.images import samples


def store(user: User, data: bytes = b"", name: str = "cat.png") -> Image:
    return store_image(user=user, file=ContentFile(data or samples.encoded("PNG"), name=name))


def files(uploads: Path) -> list[Path]:
    return [path for path in uploads.rglob("*") if path.is_file()]


def test_it_stores_a_file_that_only_the_server_can_read(alice: User, uploads: Path) -> None:
    image = store(alice, name="../../Mine.html")

    (path,) = files(uploads)
    assert path.read_bytes() == samples.encoded("PNG")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "." not in path.name
    assert (image.media_type, image.width, image.height, image.size) == ("image/png", 40, 20, path.stat().st_size)


def test_it_stores_the_same_image_twice(alice: User, uploads: Path) -> None:
    assert store(alice).sha256 == store(alice).sha256
    assert len(files(uploads)) == 2


def test_it_stores_nothing_if_it_refuses_an_image(alice: User, uploads: Path, settings: Settings) -> None:
    settings.MAX_IMAGE_MB = 1

    with pytest.raises(InvalidInput):
        store(alice, samples.HTML)
    with pytest.raises(TooLarge, match="larger than 1 MB"):
        store(alice, b"x" * 1_050_000)
    lying = samples.encoded("JPEG", samples.noise(1400, 1200), exif=samples.exif(orientation=6), quality=30)
    assert len(lying) < 1024 * 1024
    with pytest.raises(TooLarge, match="larger than 1 MB"):
        store(alice, lying)

    assert not Image.objects.exists()
    assert files(uploads) == []


def test_it_leaves_no_file_without_a_row(alice: User, uploads: Path) -> None:
    stranger = User(pk=alice.pk + 100)

    with pytest.raises(ValueError, match="undone"), transaction.atomic():
        store(alice)
        raise ValueError("undone")
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store(stranger)

    assert not Image.objects.exists()
    assert len(files(uploads)) == 1
    backdate(files(uploads)[0])
    assert delete_stray_files() == 1
    assert files(uploads) == []


def backdate(path: Path) -> None:
    old = (timezone.now() - timedelta(days=2)).timestamp()
    os.utime(path, (old, old))


def test_it_deletes_the_file_with_the_image(alice: User, uploads: Path) -> None:
    kept, image = store(alice), store(alice)

    delete_image(image=image)

    assert Image.objects.get() == kept
    assert [str(path.relative_to(uploads)) for path in files(uploads)] == [kept.file.name]


def test_it_keeps_the_file_if_the_deletion_is_rolled_back(alice: User, uploads: Path) -> None:
    image = store(alice)

    with pytest.raises(ValueError, match="undone"), transaction.atomic():
        delete_images([image])
        raise ValueError("undone")

    assert Image.objects.exists()
    assert len(files(uploads)) == 1


def test_it_finds_only_the_users_own_images(alice: User, bob: User) -> None:
    image = store(alice)

    assert user_image(alice, image.public_id) == image
    with pytest.raises(NotFound):
        user_image(bob, image.public_id)
    with pytest.raises(InvalidInput), transaction.atomic():
        chosen_images(bob, [image.public_id])


def test_it_returns_images_in_the_order_of_their_ids(alice: User) -> None:
    one, two = store(alice), store(alice)

    with transaction.atomic():
        assert chosen_images(alice, [two.public_id, one.public_id, two.public_id]) == [two, one]


def test_it_deletes_images_that_were_uploaded_yesterday_and_never_sent(alice: User, uploads: Path) -> None:
    fresh, old = store(alice), store(alice)
    Image.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=25))
    stray, new = uploads / "ab", uploads / "cd"
    for folder in (stray, new):
        folder.mkdir()
        (folder / "file").write_bytes(b"x")
    backdate(stray / "file")

    delete_unsent_images()

    assert list(Image.objects.all()) == [fresh]
    assert sorted(str(path.relative_to(uploads)) for path in files(uploads)) == sorted(
        ["cd/file", str(fresh.file.name)]
    )
