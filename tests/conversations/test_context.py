from __future__ import annotations

from conversations.context import build_request, sent_message, sent_prompt
from conversations.models import Conversation
from conversations.models import Message as StoredMessage
from generations.models import Generation
from generations.stored_request import decode_parameters, encode_parameters, encode_request
from generations.tokens import estimate_tokens
from images.models import Image as StoredImage
from providers.adapters.base import Image, Message, Parameters
from providers.prices import context_window


def conversation() -> Conversation:
    return Conversation(provider="openai", model="m", system="Be brief.", parameters={"seed": 0, "stop": ["END"]})


def prompt(text: str, *images: StoredImage) -> Message:
    return sent_prompt(text, images)


def answer(text: str) -> Message:
    return sent_message(StoredMessage(role="assistant", generation=Generation(text=text)))


def test_it_sends_the_messages_in_order() -> None:
    request = build_request(conversation(), [prompt("One?"), answer("1"), prompt("Two?")]).request

    assert request.messages == (Message("user", "One?"), Message("assistant", "1"), Message("user", "Two?"))
    assert request.system == "Be brief."
    assert request.parameters == Parameters(seed=0, stop=("END",))


def test_it_omits_empty_answers_and_alternates_the_roles() -> None:
    history = [prompt("One?"), answer(""), prompt("Again?"), answer(" \n"), prompt("And?"), answer("3")]

    request = build_request(conversation(), [*history, prompt("Four?")]).request

    assert request.messages == (
        Message("user", "One?\n\nAgain?\n\nAnd?"),
        Message("assistant", "3"),
        Message("user", "Four?"),
    )


def test_it_sends_a_partial_answer_as_it_is() -> None:
    request = build_request(conversation(), [prompt("One?"), answer("Half of"), prompt("Go on.")]).request

    assert request.messages[1] == Message("assistant", "Half of")


def test_parameters_survive_being_stored() -> None:
    parameters = Parameters(temperature=0.0, top_p=0.5, max_tokens=7, stop=("a", "b"), seed=0, reasoning_effort="low")

    assert decode_parameters(encode_parameters(parameters)) == parameters
    assert encode_parameters(Parameters()) == {}


WORDS = "word " * 10_000


def test_it_omits_the_oldest_messages_if_not_all_fit() -> None:
    small = Conversation(provider="openai", model="gpt-3.5-turbo", system="Be brief.")
    window = context_window("openai", "gpt-3.5-turbo") or 0
    history = [prompt(f"first {WORDS}"), answer("1"), prompt(f"second {WORDS}"), answer("2"), prompt("third")]

    built = build_request(small, history)

    messages = built.request.messages
    assert estimate_tokens(history[0].text) + estimate_tokens(history[2].text) > window * 0.75
    assert [message.text[:6] for message in messages] == ["second", "2", "third"]
    assert built.omitted == 2
    assert built.request.system == "Be brief."


def test_it_always_sends_the_last_message_and_begins_with_a_prompt() -> None:
    small = Conversation(provider="openai", model="gpt-3.5-turbo")
    history = [prompt(WORDS), answer("1"), prompt(WORDS * 3)]

    cut = build_request(small, history)
    full = build_request(conversation(), history)

    assert [message.text for message in cut.request.messages] == [WORDS * 3]
    assert cut.omitted == 2
    assert full.omitted == 0


ONE, TWO = StoredImage(), StoredImage()


def sent(*stored: StoredImage) -> tuple[Image, ...]:
    return tuple(Image(str(each.public_id)) for each in stored)


def test_it_sends_each_image_with_its_message() -> None:
    history = [prompt("What is this?", TWO, ONE), answer("A cat."), prompt("And this?"), answer("")]

    built = build_request(conversation(), [*history, prompt("Yes?", TWO)])

    assert built.request.messages == (
        Message("user", "What is this?", sent(TWO, ONE)),
        Message("assistant", "A cat."),
        Message("user", "And this?\n\nYes?", sent(TWO)),
    )
    assert built.omitted_images == 0


def test_it_stores_only_the_ids_of_images() -> None:
    request = build_request(
        conversation(), [prompt("What is this?", TWO, ONE), answer("A cat."), prompt("Yes?")]
    ).request

    assert encode_request(request)["messages"] == [
        {"role": "user", "text": "What is this?", "images": [str(TWO.public_id), str(ONE.public_id)]},
        {"role": "assistant", "text": "A cat."},
        {"role": "user", "text": "Yes?"},
    ]


def test_it_counts_the_images_that_a_model_cannot_see() -> None:
    blind = Conversation(provider="openai", model="gpt-3.5-turbo")

    built = build_request(blind, [prompt("One?", ONE, TWO), answer("1"), prompt("Two?", ONE), answer("2"), prompt("?")])

    assert not any(message.images for message in built.request.messages)
    assert built.omitted_images == 3
    assert built.omitted == 0


def test_images_take_room() -> None:
    small = Conversation(provider="openai", model="gpt-4-turbo", parameters={"max_tokens": 120_000})

    without = build_request(small, [prompt("first"), answer("1"), prompt("last")])
    with_many = build_request(small, [prompt("first", *[ONE] * 8), answer("1"), prompt("last")])

    assert (without.omitted, with_many.omitted) == (0, 2)
    assert with_many.omitted_images == 0
