from __future__ import annotations

from typing import Any

from conversations.context import build_request
from conversations.models import Conversation, MessageImage
from conversations.models import Message as StoredMessage
from generations.models import Generation
from generations.stored_request import decode_parameters, encode_parameters, encode_request
from generations.tokens import estimate_tokens
from images.models import Image as StoredImage
from providers.adapters.base import Image, Message, Parameters
from providers.prices import context_window


def conversation() -> Conversation:
    return Conversation(provider="openai", model="m", system="Be brief.", parameters={"seed": 0, "stop": ["END"]})


def asked(text: str, *images: StoredImage) -> StoredMessage:
    message: Any = StoredMessage(pk=1, role="user", text=text)
    message._prefetched_objects_cache = {"placed_images": [MessageImage(image=image) for image in images]}
    read: StoredMessage = message
    return read


def answered(text: str) -> StoredMessage:
    return StoredMessage(role="assistant", generation=Generation(text=text))


def test_it_tells_the_model_what_was_said_in_order() -> None:
    request = build_request(conversation(), [asked("One?"), answered("1"), asked("Two?")]).request

    assert request.messages == (Message("user", "One?"), Message("assistant", "1"), Message("user", "Two?"))
    assert request.system == "Be brief."
    assert request.parameters == Parameters(seed=0, stop=("END",))


def test_it_leaves_empty_answers_out_and_lets_the_roles_alternate() -> None:
    history = [asked("One?"), answered(""), asked("Again?"), answered(" \n"), asked("And?"), answered("3")]

    request = build_request(conversation(), [*history, asked("Four?")]).request

    assert request.messages == (
        Message("user", "One?\n\nAgain?\n\nAnd?"),
        Message("assistant", "3"),
        Message("user", "Four?"),
    )


def test_a_partial_answer_is_told_as_it_is() -> None:
    request = build_request(conversation(), [asked("One?"), answered("Half of"), asked("Go on.")]).request

    assert request.messages[1] == Message("assistant", "Half of")


def test_parameters_survive_being_stored() -> None:
    parameters = Parameters(temperature=0.0, top_p=0.5, max_tokens=7, stop=("a", "b"), seed=0, reasoning_effort="low")

    assert decode_parameters(encode_parameters(parameters)) == parameters
    assert encode_parameters(Parameters()) == {}


WORDS = "word " * 10_000


def test_it_leaves_the_oldest_out_where_not_all_fits() -> None:
    small = Conversation(provider="openai", model="gpt-3.5-turbo", system="Be brief.")
    window = context_window("openai", "gpt-3.5-turbo") or 0
    history = [asked(f"first {WORDS}"), answered("1"), asked(f"second {WORDS}"), answered("2"), asked("third")]

    asked_for = build_request(small, history)

    told = asked_for.request.messages
    assert estimate_tokens(history[0].text) + estimate_tokens(history[2].text) > window * 0.75
    assert [message.text[:6] for message in told] == ["second", "2", "third"]
    assert asked_for.omitted == 2
    assert asked_for.request.system == "Be brief."


def test_it_always_tells_the_last_message_and_begins_with_a_prompt() -> None:
    small = Conversation(provider="openai", model="gpt-3.5-turbo")
    history = [asked(WORDS), answered("1"), asked(WORDS * 3)]

    alone = build_request(small, history)
    whole = build_request(conversation(), history)

    assert [message.text for message in alone.request.messages] == [WORDS * 3]
    assert alone.omitted == 2
    assert whole.omitted == 0


ONE, TWO = StoredImage(), StoredImage()


def of(*stored: StoredImage) -> tuple[Image, ...]:
    return tuple(Image(str(each.public_id)) for each in stored)


def test_it_tells_which_images_belong_to_which_message() -> None:
    history = [asked("What is this?", TWO, ONE), answered("A cat."), asked("And this?"), answered("")]

    asked_for = build_request(conversation(), [*history, asked("Yes?", TWO)])

    assert asked_for.request.messages == (
        Message("user", "What is this?", of(TWO, ONE)),
        Message("assistant", "A cat."),
        Message("user", "And this?\n\nYes?", of(TWO)),
    )
    assert asked_for.omitted_images == 0


def test_it_stores_no_more_of_images_than_their_ids() -> None:
    request = build_request(
        conversation(), [asked("What is this?", TWO, ONE), answered("A cat."), asked("Yes?")]
    ).request

    assert encode_request(request)["messages"] == [
        {"role": "user", "text": "What is this?", "images": [str(TWO.public_id), str(ONE.public_id)]},
        {"role": "assistant", "text": "A cat."},
        {"role": "user", "text": "Yes?"},
    ]


def test_it_counts_the_images_that_a_model_cannot_see() -> None:
    blind = Conversation(provider="openai", model="gpt-3.5-turbo")

    asked_for = build_request(
        blind, [asked("One?", ONE, TWO), answered("1"), asked("Two?", ONE), answered("2"), asked("?")]
    )

    assert not any(message.images for message in asked_for.request.messages)
    assert asked_for.omitted_images == 3
    assert asked_for.omitted == 0


def test_an_image_takes_room() -> None:
    small = Conversation(provider="openai", model="gpt-4-turbo", parameters={"max_tokens": 120_000})

    without = build_request(small, [asked("first"), answered("1"), asked("last")])
    with_many = build_request(small, [asked("first", *[ONE] * 8), answered("1"), asked("last")])

    assert (without.omitted, with_many.omitted) == (0, 2)
    assert with_many.omitted_images == 0
