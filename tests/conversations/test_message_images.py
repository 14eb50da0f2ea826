from __future__ import annotations

import json
import uuid

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from pytest_django import Settings

from accounts.models import User
from conversations.json import conversation_json
from conversations.models import Conversation, Message
from conversations.schemas import chat_request
from conversations.selectors import shown_messages
from conversations.services import delete_conversation, delete_exchange, fork_conversation, retry_message
from conversations.tasks import purge_discarded
from core.errors import Conflict, InvalidInput
from generations.models import Generation
from generations.worker.types import Claim
from images.models import Image
from images.services import delete_image, store_image
from providers.adapters.base import ErrorCode
from tests.conversations.conftest import Chatter
from tests.generations.claims import claim_generation
from tests.images import samples

pytestmark = pytest.mark.usefixtures("uploads")


def image_of(user: User) -> Image:
    return store_image(user=user, file=ContentFile(samples.encoded("PNG")))


def ids(*images: Image) -> list[str]:
    return [str(image.public_id) for image in images]


def images_of(message: Message) -> list[Image]:
    return Message.objects.get(pk=message.pk).images


def prompt_of(message: Message) -> Message:
    return Message.objects.get(children=message)


def claimed(chatter: Chatter, generation: Generation) -> Claim:
    claim = claim_generation(generation.pk)
    assert claim is not None
    return claim


def test_a_message_keeps_its_images_in_their_order(alice: Chatter) -> None:
    one, two = image_of(alice.user), image_of(alice.user)

    started = alice.begin("What are these?", images=ids(two, one, two))

    messages = conversation_json(started.conversation, shown_messages(started.conversation))["messages"]
    assert [image["id"] for image in messages[0]["images"]] == ids(two, one)
    assert messages[0]["images"][0] == {
        "id": str(two.public_id),
        "media_type": "image/png",
        "width": 40,
        "height": 20,
        "url": f"/images/{two.public_id}/",
    }
    assert messages[1]["images"] == []


def test_the_worker_reads_the_images_once_it_has_claimed(alice: Chatter) -> None:
    one, two = image_of(alice.user), image_of(alice.user)
    first = alice.say("What is this?", images=ids(one))

    started = alice.begin("And this?", first.conversation, images=ids(two))

    stored = Generation.objects.get(pk=started.state.generations[0].pk).request
    assert len(json.dumps(stored)) < 500
    messages = claimed(alice, started.state.generations[0]).request.messages
    assert [[image.data for image in message.images] for message in messages] == [
        [samples.encoded("PNG")],
        [],
        [samples.encoded("PNG")],
    ]
    assert [image.id for message in messages for image in message.images] == ids(one, two)
    assert (messages[2].images[0].media_type, messages[2].images[0].width) == ("image/png", 40)


@pytest.mark.parametrize("lost", ["row", "file"])
def test_an_answer_fails_with_a_sentence_if_an_image_is_lost(alice: Chatter, lost: str) -> None:
    image = image_of(alice.user)
    started = alice.begin("What is this?", images=ids(image))
    if lost == "file":
        default_storage.delete(image.file.name or "")
    else:
        Message.objects.filter(pk=prompt_of(started.message).pk).get().placed_images.all().delete()
        image.delete()

    assert claim_generation(started.state.generations[0].pk) is None

    failed = Generation.objects.get(pk=started.state.generations[0].pk)
    assert failed.error_code == ErrorCode.BAD_REQUEST
    assert failed.error.startswith("An image of this conversation is no longer there.")


def test_it_refuses_unknown_images_and_images_of_other_users(alice: Chatter) -> None:
    bob = User.objects.create_user("bob", "bob@example.org", None)

    for unknown in (ids(image_of(bob)), [str(uuid.uuid4())], [*ids(image_of(alice.user)), str(uuid.uuid4())]):
        with pytest.raises(InvalidInput) as refused:
            alice.begin("Look", images=unknown)
        assert "images" in (refused.value.fields or {})

    assert not Message.objects.exists()
    assert not Conversation.objects.exists()


def test_it_refuses_a_model_that_cannot_see_and_names_it(alice: Chatter, settings: Settings) -> None:
    settings.SERVER_KEYS = "everyone"
    settings.PROVIDER_API_KEYS = {**settings.PROVIDER_API_KEYS, "openai": "sk-1"}
    image = image_of(alice.user)

    with pytest.raises(InvalidInput, match=r"^Images cannot be shown to gpt-3\.5-turbo\. Choose another model"):
        alice.begin("Look", images=ids(image), provider="openai", model="gpt-3.5-turbo")
    alice.begin("Look", images=ids(image), provider="openai", model="brand-new-model")

    assert Message.objects.filter(role="user").count() == 1


def test_a_model_that_cannot_see_is_not_sent_earlier_images(alice: Chatter, settings: Settings) -> None:
    settings.SERVER_KEYS = "everyone"
    settings.PROVIDER_API_KEYS = {**settings.PROVIDER_API_KEYS, "openai": "sk-1"}
    first = alice.say("What is this?", images=ids(image_of(alice.user), image_of(alice.user)))

    started = alice.begin("Thank you.", first.conversation, provider="openai", model="gpt-3.5-turbo")

    messages = conversation_json(started.conversation, shown_messages(started.conversation))["messages"]
    assert (messages[1]["omitted_images"], messages[3]["omitted_images"]) == (0, 2)
    assert messages[3]["omitted"] == 0
    sent = claimed(alice, started.state.generations[0]).request.messages
    assert not any(message.images for message in sent)


def test_an_edited_message_keeps_its_images_unless_others_are_given(alice: Chatter) -> None:
    one, two = image_of(alice.user), image_of(alice.user)
    first = alice.say("What is this?", images=ids(one))
    prompt = str(prompt_of(first.message).public_id)

    same = alice.say("What is that?", first.conversation, edit_of=prompt)
    other = alice.say("And that?", first.conversation, edit_of=prompt, images=ids(two, one))
    none = alice.say("And?", first.conversation, edit_of=prompt, images=[])

    assert [images_of(prompt_of(each.message)) for each in (same, other, none)] == [[one], [two, one], []]


def test_a_retry_sends_the_same_images(alice: Chatter) -> None:
    image = image_of(alice.user)
    first = alice.begin("What is this?", images=ids(image))
    alice.end(first, "half of", Generation.Status.INTERRUPTED)

    retry_message(conversation=first.conversation, message=Message.objects.get(pk=first.message.pk))
    retried = claimed(alice, first.state.generations[0])
    conversation = str(first.conversation.public_id)

    assert [image.id for image in retried.request.messages[0].images] == ids(image)
    with pytest.raises(Exception, match="images it had"):
        chat_request(
            {"conversation_id": conversation, "regenerate": str(first.message.public_id), "images": ids(image)}
        )


def test_a_fork_shares_the_images_until_the_last_is_deleted(alice: Chatter) -> None:
    image = image_of(alice.user)
    first = alice.say("What is this?", images=ids(image))

    fork = fork_conversation(source=Conversation.objects.get(pk=first.conversation.pk))
    assert [each.message.images for each in shown_messages(fork)] == [[image], []]
    delete_conversation(conversation=first.conversation)
    assert Image.objects.exists()
    assert default_storage.exists(image.file.name or "")
    delete_conversation(conversation=fork)

    assert not Image.objects.exists()
    assert not default_storage.exists(image.file.name or "")


def test_a_deleted_message_takes_its_images_along(alice: Chatter) -> None:
    one, two = image_of(alice.user), image_of(alice.user)
    first = alice.say("One", images=ids(one))
    alice.say("Two", first.conversation, images=ids(two))

    delete_exchange(conversation=first.conversation, message=first.message)

    assert list(Image.objects.all()) == [two]
    assert not default_storage.exists(one.file.name or "")


def test_an_image_of_a_message_cannot_be_deleted_alone(alice: Chatter) -> None:
    image = image_of(alice.user)
    alice.say("One", images=ids(image))

    with pytest.raises(Conflict, match="Delete the message"):
        delete_image(image=image)

    assert default_storage.exists(image.file.name or "")


def test_a_deleted_user_takes_all_images_along(alice: Chatter) -> None:
    alice.say("One", images=ids(image_of(alice.user)))
    image_of(alice.user)

    alice.user.delete()

    assert not Image.objects.exists()


def test_the_purge_keeps_images_that_were_sent(alice: Chatter) -> None:
    image = image_of(alice.user)
    alice.say("One", images=ids(image))
    Image.objects.update(created_at="2026-01-01T00:00:00Z")

    purge_discarded()

    assert Image.objects.get() == image
    assert default_storage.exists(image.file.name or "")


def test_an_image_counts_in_an_estimate(alice: Chatter) -> None:
    plain = alice.say("What is this?")
    seen = alice.say("What is this?", images=ids(image_of(alice.user)))

    tokens = [
        Generation.objects.values_list("input_tokens", flat=True).get(pk=each.state.generations[0].pk)
        for each in (plain, seen)
    ]
    assert tokens[0] is not None
    assert tokens[1] == tokens[0] + 1000
