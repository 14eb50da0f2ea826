from __future__ import annotations

import uuid
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.message_images import attach_images
from conversations.models import WITH_IMAGES, Conversation, Message
from generations.models import Generation, Run
from images.models import Image
from tests.account_data.conftest import Json, Person, without_ids
from tests.images import samples

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
STATUSES = st.sampled_from([status for status in Generation.Status if status not in Generation.OPEN])
IMAGE_INDEXES = st.lists(st.integers(0, 3), max_size=3, unique=True)
NODES = st.lists(st.tuples(st.integers(0, 40), st.booleans(), TEXTS, STATUSES, IMAGE_INDEXES), max_size=14)
Node = tuple[int, bool, str, Any, list[int]]
IMAGE_FILES = [samples.encoded("PNG", samples.picture(width)) for width in (2, 4, 6, 8)]


def create_tree(person: Person, nodes: list[Node], shown: int) -> Conversation:
    """Create a conversation whose messages follow any earlier message or none, and show some of four images.

    A node is the number of the parent, True for an answer, the text, the status of an answer, and the shown images.
    """
    image_ids = [person.upload_image(each) for each in IMAGE_FILES]
    chat = Conversation.objects.create(user=person.user, title="A tree", provider="demo", model="demo-swift")
    messages: list[Message] = []
    for number, is_answer, text, status, images in nodes:
        index = number % (len(messages) + 1)
        parent = messages[index] if index < len(messages) else None
        message = Message(conversation=chat, parent=parent, role=Message.Role.USER, text=text)
        if is_answer and parent is not None and parent.role == Message.Role.USER:
            message.role, message.text, message.generation = Message.Role.ASSISTANT, "", _answer(person, text, status)
        message.save()
        if message.generation is None:
            attach_images([(message, [Image.objects.get(public_id=image_ids[each]) for each in images])])
        messages.append(message)
    chat.leaf = messages[shown % len(messages)] if messages else None
    chat.save()
    return chat


def _answer(person: Person, text: str, status: Any) -> Generation:
    run = Run.objects.create(topic=f"test.{uuid.uuid4().hex}", user=person.user, total=1, open=0)
    return Generation.objects.create(
        user=person.user, run=run, current_run=run, provider="demo", model="demo-swift", text=text, status=status
    )


def shape(chat: Conversation) -> tuple[list[Json], int | None]:
    """Return the messages with their parents' positions, and the position of the shown leaf."""
    stored = Message.objects.filter(conversation=chat).select_related("generation").order_by("pk")
    messages = list(stored.prefetch_related(WITH_IMAGES))
    positions = {message.pk: position for position, message in enumerate(messages)}
    tree = [
        {
            "role": message.role,
            "text": message.text if message.generation is None else message.generation.text,
            "status": message.generation and message.generation.status,
            "images": [image.file.open().read() for image in message.images],
            "parent": None if message.parent_id is None else positions[message.parent_id],
        }
        for message in messages
    ]
    return tree, None if chat.leaf_id is None else positions[chat.leaf_id]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nodes=NODES, shown=st.integers(0, 40))
def test_any_tree_survives_export_and_import(alice: Person, bob: Person, nodes: list[Node], shown: int) -> None:
    Conversation.objects.all().delete()
    Image.objects.all().delete()
    original = create_tree(alice, nodes, shown)

    bob.import_json(alice.export())

    imported = Conversation.objects.get(user=bob.user)
    assert shape(imported) == shape(original)
    archive, second = alice.export(), bob.export()
    contents = {each for message in shape(original)[0] for each in message["images"]}
    assert len(archive.pop("images")) == len(second.pop("images")) == len(contents)
    assert without_ids(second) == without_ids(archive)
