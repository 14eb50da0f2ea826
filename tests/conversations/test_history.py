from __future__ import annotations

from conversations.history import parameters_from, request_for
from conversations.models import Conversation
from conversations.models import Message as StoredMessage
from generations.models import Generation
from generations.services import stored_parameters
from providers.adapters.base import Message, Parameters


def conversation() -> Conversation:
    return Conversation(provider="openai", model="m", system="Be brief.", parameters={"seed": 0, "stop": ["END"]})


def asked(text: str) -> StoredMessage:
    return StoredMessage(role="user", text=text)


def answered(text: str) -> StoredMessage:
    return StoredMessage(role="assistant", generation=Generation(text=text))


def test_it_tells_the_model_what_was_said_in_order() -> None:
    request = request_for(conversation(), [asked("One?"), answered("1")], "Two?")

    assert request.messages == (Message("user", "One?"), Message("assistant", "1"), Message("user", "Two?"))
    assert request.system == "Be brief."
    assert request.parameters == Parameters(seed=0, stop=("END",))


def test_it_leaves_empty_answers_out_and_lets_the_roles_alternate() -> None:
    history = [asked("One?"), answered(""), asked("Again?"), answered(" \n"), asked("And?"), answered("3")]

    request = request_for(conversation(), history, "Four?")

    assert request.messages == (
        Message("user", "One?\n\nAgain?\n\nAnd?"),
        Message("assistant", "3"),
        Message("user", "Four?"),
    )


def test_a_partial_answer_is_told_as_it_is() -> None:
    request = request_for(conversation(), [asked("One?"), answered("Half of")], "Go on.")

    assert request.messages[1] == Message("assistant", "Half of")


def test_parameters_survive_being_stored() -> None:
    parameters = Parameters(temperature=0.0, top_p=0.5, max_tokens=7, stop=("a", "b"), seed=0, reasoning_effort="low")

    assert parameters_from(stored_parameters(parameters)) == parameters
    assert stored_parameters(Parameters()) == {}
