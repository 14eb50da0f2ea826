from __future__ import annotations

import json

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversations.export import export
from conversations.models import Conversation
from conversations.selectors import user_conversation
from conversations.services import rename_conversation
from generations.models import Generation
from images.json import image_json
from images.services import store_image
from tests.conversations.conftest import Chatter
from tests.images import samples
from tests.security.client import Response, in_program
from tests.security.error_shape import refusal


def branched(alice: Chatter) -> Conversation:
    first = alice.say("one", system="Be brief.")
    second = alice.say("two", first.conversation, model="demo-scholar")
    prompt = second.message.parent
    assert prompt is not None
    alice.say("zwei", first.conversation, edit_of=str(prompt.public_id))
    return user_conversation(alice.user, first.conversation.public_id)


def export_response(alice: Chatter, conversation: Conversation, query: str) -> Response:
    return in_program(alice.user).ask("GET", f"/api/v1/conversations/{conversation.public_id}/export{query}")


def test_json_has_every_branch(alice: Chatter) -> None:
    chat = branched(alice)

    exported = json.loads(export_response(alice, chat, "").body)

    texts = [message.get("text") or message["answer"]["text"] for message in exported["messages"]]
    assert texts == ["one", "Re: one", "two", "Re: two", "zwei", "Re: zwei"]
    ids = [message["id"] for message in exported["messages"]]
    assert [message["parent_id"] for message in exported["messages"]] == [None, ids[0], ids[1], ids[2], ids[1], ids[4]]
    assert exported["leaf_id"] == ids[5]
    assert (exported["title"], exported["system"]) == ("one", "Be brief.")


def test_markdown_has_the_shown_branch(alice: Chatter) -> None:
    chat = branched(alice)
    Generation.objects.update(reasoning="Let me think.")

    text = export(chat, "markdown").content.decode()

    head, _, rest = text.partition("\n\n## System prompt\n\n")
    assert head.startswith("# one\n\n")
    assert rest == (
        "Be brief.\n\n## You\n\none\n\n## Demo Swift (Demo)\n\nRe: one\n\n"
        "## You\n\nzwei\n\n## Demo Swift (Demo)\n\nRe: zwei\n"
    )


@pytest.mark.usefixtures("uploads")
def test_images_are_named_and_mentioned(alice: Chatter) -> None:
    files = [ContentFile(samples.encoded("PNG", samples.picture(width))) for width in (40, 8)]
    images = [store_image(user=alice.user, file=file) for file in files]
    chat = alice.say("What are these?", images=[str(image.public_id) for image in images]).conversation

    messages = json.loads(export(chat, "json").content)["messages"]
    text = export(chat, "markdown").content.decode()

    assert messages[0]["images"] == [image_json(image) for image in images]
    assert messages[1]["omitted_images"] == 0
    assert "## You\n\nWhat are these?\n\n![image 1] (40 × 20)\n\n![image 2] (8 × 20)\n\n## Demo" in text


def test_json_takes_two_queries_for_any_length(alice: Chatter) -> None:
    chat = branched(alice)

    with CaptureQueriesContext(connection) as queries:
        export(chat, "json")

    assert len(queries) == 2


def test_markdown_says_how_an_incomplete_answer_ended(alice: Chatter) -> None:
    started = alice.end(alice.begin("one"), "Half of", Generation.Status.STOPPED)

    text = export(started.conversation, "markdown").content.decode()

    assert text.endswith("Half of\n\n*Stopped.*\n")


def test_it_is_a_file_with_a_plain_name(alice: Chatter) -> None:
    chat = alice.say("one").conversation
    rename_conversation(conversation=chat, title='Über "Brüche"\r\n/../x')

    responses = {kind: export_response(alice, chat, f"?format={kind}") for kind in ("json", "markdown")}

    date = f"{chat.created_at:%Y-%m-%d}"
    names = {kind: response.headers["content-disposition"] for kind, response in responses.items()}
    for kind, suffix in (("json", "json"), ("markdown", "md")):
        plain, full = f"uber-bruche-x-{date}.{suffix}", f"%C3%BCber-br%C3%BCche-x-{date}.{suffix}"
        assert names[kind] == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}"
    assert responses["markdown"].headers["content-type"] == "text/markdown; charset=utf-8"
    assert responses["markdown"].body.startswith('# Über "Brüche" /../x\n')


def test_it_exports_a_chat_without_letters_in_its_title_and_without_messages(alice: Chatter) -> None:
    chat = Conversation.objects.create(user=alice.user, title="世界", provider="demo", model="demo-swift")

    assert export(chat, "json").name.ascii.startswith("chat-")
    exported = json.loads(export(chat, "json").content)
    assert (exported["messages"], exported["leaf_id"]) == ([], None)
    assert export(chat, "markdown").content.decode().startswith("# 世界\n")


def test_it_refuses_other_formats_and_other_users(alice: Chatter, bob: Chatter) -> None:
    chat = alice.say("one").conversation

    assert "json, markdown" in refusal(export_response(alice, chat, "?format=csv"), 400, "validation_error")["message"]
    assert refusal(export_response(bob, chat, ""), 404, "not_found")
