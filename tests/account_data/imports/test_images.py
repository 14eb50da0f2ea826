from __future__ import annotations

import asyncio
import base64
import json
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connections
from pytest_django import Settings

from account_data.deletion import delete_account
from account_data.services import Counts, archive_stream
from comparisons.json import comparison_json
from comparisons.models import Comparison
from comparisons.services import delete_comparison
from conversations.models import Conversation, Message, MessageImage
from conversations.services import (
    delete_conversation,
    delete_exchange,
    discard_conversation,
    fork_conversation,
)
from core.async_db import in_thread
from core.errors import Conflict, InvalidInput
from images.models import Image
from tests.account_data.conftest import PASSWORD, Json, Person, without_ids
from tests.accounts.test_concurrency import before_the_first_is_committed
from tests.images import samples
from tests.images.test_services import files

EVERY_FORMAT = (
    *(samples.encoded(kind) for kind in ("PNG", "JPEG", "WEBP", "GIF")),
    *(samples.photo(orientation=6), samples.noted_png(), samples.noted_webp()),
)


class FullDisk(FileSystemStorage):
    """A disk with room for two files."""

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        if len(files(Path(self.location))) >= 2:
            raise OSError("No space left on device")
        return super().save(name, content, max_length)


def shown_to(person: Person) -> list[list[bytes]]:
    """Return the contents of each prompt's images, in their order."""
    messages = Message.objects.filter(conversation__user=person.user, role="user").order_by("pk")
    return [[image.file.open().read() for image in message.images] for message in messages]


def sorted_images(archive: Json) -> Json:
    return {**archive, "images": sorted(archive["images"], key=lambda each: str(each["id"]))}


def entry(archive: Json, number: int = 0) -> Json:
    image: Json = archive["images"][number]
    return image


def test_images_of_every_format_keep_their_messages_and_order(alice: Person, bob: Person) -> None:
    ids = [alice.upload_image(data) for data in EVERY_FORMAT]
    first = alice.say("What are these?", images=ids)
    alice.say("And this?", first.conversation, images=[ids[3], ids[0]])
    archive = alice.export()

    bob.import_json(archive)

    assert [each["id"] for each in archive["images"]] == ids
    assert archive["conversations"][0]["messages"][0]["images"] == ids
    assert archive["conversations"][0]["messages"][2]["images"] == [ids[3], ids[0]]
    assert shown_to(bob) == shown_to(alice)
    assert without_ids(bob.export()) == without_ids(archive)
    same = ("media_type", "width", "height", "size", "sha256")
    assert list(Image.objects.filter(user=bob.user).order_by("pk").values(*same)) == list(
        Image.objects.filter(user=alice.user).order_by("pk").values(*same)
    )


def test_images_keep_their_ids_in_a_move_to_an_empty_installation(alice: Person, uploads: Path) -> None:
    one, two = alice.upload_image(), alice.upload_image(samples.photo())
    chat = alice.say("What are these?", images=[two, one]).conversation
    fork_conversation(source=Conversation.objects.get(pk=chat.pk))
    compared = alice.compare("Which is best?", images=[one])
    alice.compare_on(compared, "And now?", [two])
    archive, before = alice.export(), comparison_json(compared.comparison)
    delete_account(user=alice.user, password=PASSWORD)
    assert files(uploads) == []
    alice.user.pk = None
    alice.user.save()

    alice.import_json(archive)

    assert sorted_images(alice.export()) == sorted_images(archive)
    assert [turn["images"] for turn in archive["comparisons"][0]["turns"]] == [[one], [two]]
    assert comparison_json(Comparison.objects.get()) == before
    assert len(files(uploads)) == len(archive["images"]) == 2


def test_no_image_is_stored_twice(alice: Person, bob: Person, uploads: Path) -> None:
    chat = alice.say("What is this?", images=[alice.upload_image()]).conversation
    alice.compare("Which is best?", images=[alice.upload_image()])
    fork = fork_conversation(source=Conversation.objects.get(pk=chat.pk))
    archive = alice.export()

    alice.import_json(archive)
    bob.import_json(archive)
    bob.import_json(archive)
    assert Image.objects.count() == len(files(uploads)) == 4
    delete_conversation(conversation=fork)
    alice.import_json(archive)

    assert Image.objects.count() == len(files(uploads)) == 4
    assert without_ids(alice.export()) == without_ids(archive)


def test_images_of_skipped_entries_are_not_stored(alice: Person, uploads: Path) -> None:
    first = alice.say("What is this?", images=[alice.upload_image()])
    archive = alice.export()
    delete_exchange(conversation=first.conversation, message=first.message)

    imported = alice.import_json(archive)

    assert imported.counts["conversations"] == Counts(0, 1)
    assert files(uploads) == []


def test_an_image_of_another_user_is_not_reused(alice: Person, bob: Person) -> None:
    alice.say("What is this?", images=[alice.upload_image()])
    archive = alice.export()
    entry(archive)["data"] = samples.base64_of(samples.photo())

    bob.import_json(archive)

    theirs, mine = Image.objects.get(user=alice.user), Image.objects.get(user=bob.user)
    assert entry(archive)["id"] == str(theirs.public_id) != str(mine.public_id)
    assert (theirs.media_type, mine.media_type) == ("image/png", "image/jpeg")
    assert list(MessageImage.objects.values_list("message__conversation__user", "image__user").order_by("pk")) == [
        (alice.user.pk, alice.user.pk),
        (bob.user.pk, bob.user.pk),
    ]


def test_it_refuses_an_id_of_another_users_image(alice: Person, bob: Person) -> None:
    alice.say("What is this?", images=[alice.upload_image()])
    archive = alice.export()
    archive["images"] = []

    with pytest.raises(InvalidInput, match=r"messages\[0\]\.images\[0\] names no image of this archive"):
        bob.import_json(archive)


def test_the_content_of_an_image_decides_its_format(alice: Person, bob: Person) -> None:
    alice.say("What is this?", images=[alice.upload_image()])
    archive = alice.export()
    entry(archive).update(media_type="image/svg+xml", data=samples.base64_of(samples.noted_png()))

    bob.import_json(archive)

    image = Image.objects.get(user=bob.user)
    assert image.media_type == "image/png"
    assert samples.SECRET.encode() not in image.file.open().read()


def test_it_imports_archives_from_before_there_were_images(alice: Person, bob: Person) -> None:
    alice.say("one")
    alice.compare("Which is best?")
    archive = alice.export()
    del archive["images"]
    for conversation in (*archive["conversations"], *archive["comparisons"][0]["candidates"]):
        for message in conversation["messages"]:
            message.pop("images", None)
            message.pop("omitted_images", None)
    del archive["comparisons"][0]["turns"][0]["images"]

    bob.import_json(archive)

    assert without_ids(bob.export()) == without_ids(alice.export())


def test_the_number_of_omitted_images_is_kept(alice: Person, bob: Person) -> None:
    first = alice.say("What is this?", images=[alice.upload_image()])
    Message.objects.filter(pk=first.message.pk).update(omitted_images=3)

    bob.import_json(alice.export())

    assert Message.objects.get(conversation__user=bob.user, role="assistant").omitted_images == 3


def test_only_images_that_messages_show_are_exported(alice: Person, bob: Person) -> None:
    alice.upload_image()
    bob.say("Look", images=[bob.upload_image()])
    discard_conversation(conversation=alice.say("Look", images=[alice.upload_image()]).conversation)
    kept = alice.upload_image()
    alice.say("Look", images=[kept])

    assert [each["id"] for each in alice.export()["images"]] == [kept]


def test_an_image_without_its_file_is_left_out(alice: Person, bob: Person) -> None:
    lost, kept = alice.upload_image(), alice.upload_image(samples.photo())
    alice.say("What are these?", images=[lost, kept])
    alice.compare("Which is best?", images=[lost])
    default_storage.delete(Image.objects.get(public_id=lost).file.name or "")

    bob.import_json(alice.export())

    assert [len(images) for images in shown_to(bob)] == [1, 0, 0]


async def test_images_sent_during_the_export_are_left_out(alice: Person, bob: Person) -> None:
    first = await in_thread(alice.say, "one", images=[await in_thread(alice.upload_image)])
    pieces = []
    async with aclosing(archive_stream(alice.user)) as stream:
        async for piece in stream:
            pieces.append(piece)
            if b'"conversations"' in piece:
                await in_thread(alice.say, "two", first.conversation, images=[await in_thread(alice.upload_image)])

    archive = json.loads(b"".join(pieces))
    await in_thread(bob.import_json, archive)

    images = [message.get("images") for message in archive["conversations"][0]["messages"]]
    assert [None if each is None else len(each) for each in images] == [1, None, 0, None]


def test_it_holds_one_image_in_memory_at_a_time(alice: Person) -> None:
    ids = [alice.upload_image(samples.encoded("PNG", samples.noise(100, 100))) for _ in range(8)]
    alice.say("What are these?", images=ids)

    async def lengths() -> list[int]:
        return [len(piece) async for piece in archive_stream(alice.user)]

    largest = max(len(base64.b64encode(each)) for each in shown_to(alice)[0])
    assert max(asyncio.run(lengths())) < largest + 200


def test_a_failed_import_leaves_no_file(alice: Person, bob: Person, uploads: Path, settings: Settings) -> None:
    alice.say("What are these?", images=[alice.upload_image(), alice.upload_image(), alice.upload_image()])
    archive = alice.export()
    delete_account(user=alice.user, password=PASSWORD)
    backend = f"{FullDisk.__module__}.{FullDisk.__qualname__}"
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "BACKEND": backend}}

    with pytest.raises(OSError, match="No space left"):
        bob.import_json(archive)

    assert files(uploads) == []
    assert not Image.objects.exists()
    assert not Conversation.objects.exists()


def test_of_two_imports_at_once_the_refused_one_leaves_no_file(alice: Person, bob: Person, uploads: Path) -> None:
    chat = alice.say("What is this?", images=[alice.upload_image()]).conversation
    archive = alice.export()
    delete_conversation(conversation=chat)

    second = before_the_first_is_committed(lambda: alice.import_json(archive), lambda: bob.import_json(archive))

    expected = 1 if isinstance(second.exception(), Conflict) else 2
    assert connections["default"].vendor == "sqlite" or expected == 1
    assert Image.objects.count() == len(files(uploads)) == expected


def test_imported_images_go_with_the_last_message_that_shows_them(alice: Person, bob: Person, uploads: Path) -> None:
    image = alice.upload_image()
    alice.say("What is this?", images=[image])
    alice.compare("And here?", images=[image])
    bob.import_json(alice.export())
    before = len(files(uploads))

    delete_conversation(conversation=Conversation.objects.get(user=bob.user, kind="chat"))
    assert len(files(uploads)) == before == 2
    delete_comparison(comparison=Comparison.objects.get(user=bob.user))

    assert len(files(uploads)) == 1


def changed(archive: Json, change: Any) -> Json:
    other: Json = json.loads(json.dumps(archive))
    change(other)
    return other


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("", "The file is empty"),
        ("!!!!", "is not Base64"),
        ("QUJ", "is not Base64"),
        ("QUJD\n", "is not Base64"),
        ("Ärger", "is not Base64"),
        (samples.base64_of(samples.HTML), "This is not a PNG"),
        (samples.base64_of(samples.SVG), "This is not a PNG"),
        (samples.base64_of(samples.photo()[:-40]), "The image is damaged"),
        (samples.base64_of(samples.short_png()), "The image is damaged"),
        (samples.base64_of(samples.animation("GIF")), "The image is animated"),
        (samples.base64_of(samples.photo() + samples.HTML), "There is something else in this file"),
        (samples.base64_of(samples.huge_png()), "The image has more than 50 million pixels"),
        (samples.base64_of(b"x" * 1_050_000), "The image is larger than 1 MB"),
    ],
)
def test_it_refuses_an_image_like_an_upload(
    alice: Person, bob: Person, settings: Settings, uploads: Path, data: str, sentence: str
) -> None:
    settings.MAX_IMAGE_MB = 1
    alice.say("What are these?", images=[alice.upload_image(), alice.upload_image()])
    archive = alice.export()
    entry(archive, 1)["data"] = data

    with pytest.raises(InvalidInput, match=rf"^Nothing was imported: images\[1\]\.data .*{sentence}.*\.$"):
        bob.import_json(archive)

    assert not Conversation.objects.filter(user=bob.user).exists()
    assert len(files(uploads)) == 2


def _list_as_object(archive: Json) -> None:
    archive["images"] = {"id": "x"}


def _same_image_twice(archive: Json) -> None:
    archive["images"].append(archive["images"][0])


def _same_reference_twice(archive: Json) -> None:
    archive["conversations"][0]["messages"][0]["images"] *= 2


def _nine_images(archive: Json) -> None:
    ids = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(9)]
    archive["images"] += [{**archive["images"][0], "id": each} for each in ids]
    archive["conversations"][0]["messages"][0]["images"] = ids


def _turn_without_images(archive: Json) -> None:
    archive["comparisons"][0]["turns"][0]["images"] = []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_list_as_object, "images has to be a list"),
        (_same_image_twice, "images[1].id is in the archive twice"),
        (_same_reference_twice, "conversations[0].messages[0].images has to name up to 8 images, each once"),
        (_nine_images, "conversations[0].messages[0].images has to name up to 8 images, each once"),
        (_turn_without_images, "comparisons[0].turns[0].images has to name the images of the prompt"),
    ],
)
def test_it_refuses_images_that_do_not_fit_together(
    alice: Person, bob: Person, uploads: Path, change: Any, sentence: str
) -> None:
    image = alice.upload_image()
    alice.say("What is this?", images=[image])
    alice.compare("Which is best?", images=[image])
    archive = changed(alice.export(), change)

    with pytest.raises(InvalidInput) as refused:
        bob.import_json(archive)

    assert sentence in refused.value.message
    assert len(files(uploads)) == 1


def test_the_archive_has_the_content_of_the_file(alice: Person) -> None:
    image = alice.upload_image(samples.photo())
    alice.say("What is this?", images=[image])

    exported = entry(alice.export())

    stored = Image.objects.get(public_id=image)
    data = base64.b64encode(stored.file.open().read()).decode()
    assert exported == {"id": image, "media_type": "image/jpeg", "data": data}
