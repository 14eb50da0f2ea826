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

EVERY_KIND = (
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
    told: Json = archive["images"][number]
    return told


def test_every_kind_of_image_comes_along_in_its_place(alice: Person, bob: Person) -> None:
    ids = [alice.show(data) for data in EVERY_KIND]
    first = alice.say("What are these?", images=ids)
    alice.say("And this?", first.conversation, images=[ids[3], ids[0]])
    archive = alice.export()

    bob.take_in(archive)

    assert [each["id"] for each in archive["images"]] == ids
    assert archive["conversations"][0]["messages"][0]["images"] == ids
    assert archive["conversations"][0]["messages"][2]["images"] == [ids[3], ids[0]]
    assert shown_to(bob) == shown_to(alice)
    assert without_ids(bob.export()) == without_ids(archive)
    same = ("media_type", "width", "height", "size", "sha256")
    assert list(Image.objects.filter(user=bob.user).order_by("pk").values(*same)) == list(
        Image.objects.filter(user=alice.user).order_by("pk").values(*same)
    )


def test_images_keep_their_ids_on_the_way_to_an_empty_installation(alice: Person, uploads: Path) -> None:
    one, two = alice.show(), alice.show(samples.photo())
    chat = alice.say("What are these?", images=[two, one]).conversation
    fork_conversation(source=Conversation.objects.get(pk=chat.pk))
    compared = alice.compare("Which is best?", images=[one])
    alice.compare_on(compared, "And now?", [two])
    archive, before = alice.export(), comparison_json(compared.comparison)
    delete_account(user=alice.user, password=PASSWORD)
    assert files(uploads) == []
    alice.user.pk = None
    alice.user.save()

    alice.take_in(archive)

    assert sorted_images(alice.export()) == sorted_images(archive)
    assert [turn["images"] for turn in archive["comparisons"][0]["turns"]] == [[one], [two]]
    assert comparison_json(Comparison.objects.get()) == before
    assert len(files(uploads)) == len(archive["images"]) == 2


def test_no_image_comes_twice(alice: Person, bob: Person, uploads: Path) -> None:
    chat = alice.say("What is this?", images=[alice.show()]).conversation
    alice.compare("Which is best?", images=[alice.show()])
    fork = fork_conversation(source=Conversation.objects.get(pk=chat.pk))
    archive = alice.export()

    alice.take_in(archive)
    bob.take_in(archive)
    bob.take_in(archive)
    assert Image.objects.count() == len(files(uploads)) == 4
    delete_conversation(conversation=fork)
    alice.take_in(archive)

    assert Image.objects.count() == len(files(uploads)) == 4
    assert without_ids(alice.export()) == without_ids(archive)


def test_an_image_of_what_is_skipped_is_not_stored_again(alice: Person, uploads: Path) -> None:
    first = alice.say("What is this?", images=[alice.show()])
    archive = alice.export()
    delete_exchange(conversation=first.conversation, message=first.message)

    imported = alice.take_in(archive)

    assert imported.counts["conversations"] == Counts(0, 1)
    assert files(uploads) == []


def test_an_image_of_somebody_else_stays_theirs(alice: Person, bob: Person) -> None:
    alice.say("What is this?", images=[alice.show()])
    archive = alice.export()
    entry(archive)["data"] = samples.base64_of(samples.photo())

    bob.take_in(archive)

    theirs, mine = Image.objects.get(user=alice.user), Image.objects.get(user=bob.user)
    assert entry(archive)["id"] == str(theirs.public_id) != str(mine.public_id)
    assert (theirs.media_type, mine.media_type) == ("image/png", "image/jpeg")
    assert list(MessageImage.objects.values_list("message__conversation__user", "image__user").order_by("pk")) == [
        (alice.user.pk, alice.user.pk),
        (bob.user.pk, bob.user.pk),
    ]


def test_an_id_of_somebody_elses_image_is_none_of_the_archive(alice: Person, bob: Person) -> None:
    alice.say("What is this?", images=[alice.show()])
    archive = alice.export()
    archive["images"] = []

    with pytest.raises(InvalidInput, match=r"messages\[0\]\.images\[0\] names no image of this archive"):
        bob.take_in(archive)


def test_what_is_kept_is_what_the_content_is(alice: Person, bob: Person) -> None:
    alice.say("What is this?", images=[alice.show()])
    archive = alice.export()
    entry(archive).update(media_type="image/svg+xml", data=samples.base64_of(samples.noted_png()))

    bob.take_in(archive)

    image = Image.objects.get(user=bob.user)
    assert image.media_type == "image/png"
    assert samples.SECRET.encode() not in image.file.open().read()


def test_archives_from_before_there_were_images_can_be_read(alice: Person, bob: Person) -> None:
    alice.say("one")
    alice.compare("Which is best?")
    archive = alice.export()
    del archive["images"]
    for conversation in (*archive["conversations"], *archive["comparisons"][0]["candidates"]):
        for message in conversation["messages"]:
            message.pop("images", None)
            message.pop("omitted_images", None)
    del archive["comparisons"][0]["turns"][0]["images"]

    bob.take_in(archive)

    assert without_ids(bob.export()) == without_ids(alice.export())


def test_images_that_a_model_was_not_shown_are_still_counted(alice: Person, bob: Person) -> None:
    first = alice.say("What is this?", images=[alice.show()])
    Message.objects.filter(pk=first.message.pk).update(omitted_images=3)

    bob.take_in(alice.export())

    assert Message.objects.get(conversation__user=bob.user, role="assistant").omitted_images == 3


def test_only_images_that_messages_show_are_exported(alice: Person, bob: Person) -> None:
    alice.show()
    bob.say("Look", images=[bob.show()])
    discard_conversation(conversation=alice.say("Look", images=[alice.show()]).conversation)
    kept = alice.show()
    alice.say("Look", images=[kept])

    assert [each["id"] for each in alice.export()["images"]] == [kept]


def test_an_image_whose_file_is_lost_does_not_spoil_the_archive(alice: Person, bob: Person) -> None:
    lost, kept = alice.show(), alice.show(samples.photo())
    alice.say("What are these?", images=[lost, kept])
    alice.compare("Which is best?", images=[lost])
    default_storage.delete(Image.objects.get(public_id=lost).file.name or "")

    bob.take_in(alice.export())

    assert [len(images) for images in shown_to(bob)] == [1, 0, 0]


async def test_an_image_that_is_sent_while_it_is_exported_does_not_spoil_the_archive(
    alice: Person, bob: Person
) -> None:
    first = await in_thread(alice.say, "one", images=[await in_thread(alice.show)])
    pieces = []
    async with aclosing(archive_stream(alice.user)) as stream:
        async for piece in stream:
            pieces.append(piece)
            if b'"conversations"' in piece:
                await in_thread(alice.say, "two", first.conversation, images=[await in_thread(alice.show)])

    archive = json.loads(b"".join(pieces))
    await in_thread(bob.take_in, archive)

    images = [message.get("images") for message in archive["conversations"][0]["messages"]]
    assert [None if each is None else len(each) for each in images] == [1, None, 0, None]


def test_it_holds_one_image_at_a_time(alice: Person) -> None:
    ids = [alice.show(samples.encoded("PNG", samples.noise(100, 100))) for _ in range(8)]
    alice.say("What are these?", images=ids)

    async def lengths() -> list[int]:
        return [len(piece) async for piece in archive_stream(alice.user)]

    largest = max(len(base64.b64encode(each)) for each in shown_to(alice)[0])
    assert max(asyncio.run(lengths())) < largest + 200


def test_a_failed_import_leaves_no_file(alice: Person, bob: Person, uploads: Path, settings: Settings) -> None:
    alice.say("What are these?", images=[alice.show(), alice.show(), alice.show()])
    archive = alice.export()
    delete_account(user=alice.user, password=PASSWORD)
    backend = f"{FullDisk.__module__}.{FullDisk.__qualname__}"
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "BACKEND": backend}}

    with pytest.raises(OSError, match="No space left"):
        bob.take_in(archive)

    assert files(uploads) == []
    assert not Image.objects.exists()
    assert not Conversation.objects.exists()


def test_of_two_imports_at_once_the_refused_one_leaves_no_file(alice: Person, bob: Person, uploads: Path) -> None:
    chat = alice.say("What is this?", images=[alice.show()]).conversation
    archive = alice.export()
    delete_conversation(conversation=chat)

    second = before_the_first_is_committed(lambda: alice.take_in(archive), lambda: bob.take_in(archive))

    expected = 1 if isinstance(second.exception(), Conflict) else 2
    assert connections["default"].vendor == "sqlite" or expected == 1
    assert Image.objects.count() == len(files(uploads)) == expected


def test_imported_images_go_with_the_last_message_that_shows_them(alice: Person, bob: Person, uploads: Path) -> None:
    image = alice.show()
    alice.say("What is this?", images=[image])
    alice.compare("And here?", images=[image])
    bob.take_in(alice.export())
    before = len(files(uploads))

    delete_conversation(conversation=Conversation.objects.get(user=bob.user, kind="chat"))
    assert len(files(uploads)) == before == 2
    delete_comparison(comparison=Comparison.objects.get(user=bob.user))

    assert len(files(uploads)) == 1


def broken(archive: Json, change: Any) -> Json:
    other: Json = json.loads(json.dumps(archive))
    change(other)
    return other


@pytest.mark.parametrize(
    ("data", "said"),
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
    alice: Person, bob: Person, settings: Settings, uploads: Path, data: str, said: str
) -> None:
    settings.MAX_IMAGE_MB = 1
    alice.say("What are these?", images=[alice.show(), alice.show()])
    archive = alice.export()
    entry(archive, 1)["data"] = data

    with pytest.raises(InvalidInput, match=rf"^Nothing was imported: images\[1\]\.data .*{said}.*\.$"):
        bob.take_in(archive)

    assert not Conversation.objects.filter(user=bob.user).exists()
    assert len(files(uploads)) == 2


def _no_list(archive: Json) -> None:
    archive["images"] = {"id": "x"}


def _twice(archive: Json) -> None:
    archive["images"].append(archive["images"][0])


def _one_place_twice(archive: Json) -> None:
    archive["conversations"][0]["messages"][0]["images"] *= 2


def _nine(archive: Json) -> None:
    ids = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(9)]
    archive["images"] += [{**archive["images"][0], "id": each} for each in ids]
    archive["conversations"][0]["messages"][0]["images"] = ids


def _another_turn(archive: Json) -> None:
    archive["comparisons"][0]["turns"][0]["images"] = []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_no_list, "images has to be a list"),
        (_twice, "images[1].id is in the archive twice"),
        (_one_place_twice, "conversations[0].messages[0].images has to name up to 8 images, each once"),
        (_nine, "conversations[0].messages[0].images has to name up to 8 images, each once"),
        (_another_turn, "comparisons[0].turns[0].images has to name the images of the prompt"),
    ],
)
def test_it_refuses_images_that_do_not_fit_together(
    alice: Person, bob: Person, uploads: Path, change: Any, said: str
) -> None:
    image = alice.show()
    alice.say("What is this?", images=[image])
    alice.compare("Which is best?", images=[image])
    archive = broken(alice.export(), change)

    with pytest.raises(InvalidInput) as refused:
        bob.take_in(archive)

    assert said in refused.value.message
    assert len(files(uploads)) == 1


def test_the_content_of_a_file_is_told_as_it_is(alice: Person) -> None:
    image = alice.show(samples.photo())
    alice.say("What is this?", images=[image])

    told = entry(alice.export())

    stored = Image.objects.get(public_id=image)
    data = base64.b64encode(stored.file.open().read()).decode()
    assert told == {"id": image, "media_type": "image/jpeg", "data": data}
