from __future__ import annotations

from conversations.fields import parameters_from
from conversations.history import question
from conversations.models import Conversation
from conversations.models import Message as StoredMessage
from generations.measures import estimate_tokens
from generations.models import Generation
from generations.services import stored_parameters
from providers.adapters.base import Message, Parameters
from providers.catalogue import context_window


def conversation() -> Conversation:
    return Conversation(provider="openai", model="m", system="Be brief.", parameters={"seed": 0, "stop": ["END"]})


def asked(text: str) -> StoredMessage:
    return StoredMessage(role="user", text=text)


def answered(text: str) -> StoredMessage:
    return StoredMessage(role="assistant", generation=Generation(text=text))


def test_it_tells_the_model_what_was_said_in_order() -> None:
    request = question(conversation(), [asked("One?"), answered("1"), asked("Two?")]).request

    assert request.messages == (Message("user", "One?"), Message("assistant", "1"), Message("user", "Two?"))
    assert request.system == "Be brief."
    assert request.parameters == Parameters(seed=0, stop=("END",))


def test_it_leaves_empty_answers_out_and_lets_the_roles_alternate() -> None:
    history = [asked("One?"), answered(""), asked("Again?"), answered(" \n"), asked("And?"), answered("3")]

    request = question(conversation(), [*history, asked("Four?")]).request

    assert request.messages == (
        Message("user", "One?\n\nAgain?\n\nAnd?"),
        Message("assistant", "3"),
        Message("user", "Four?"),
    )


def test_a_partial_answer_is_told_as_it_is() -> None:
    request = question(conversation(), [asked("One?"), answered("Half of"), asked("Go on.")]).request

    assert request.messages[1] == Message("assistant", "Half of")


def test_parameters_survive_being_stored() -> None:
    parameters = Parameters(temperature=0.0, top_p=0.5, max_tokens=7, stop=("a", "b"), seed=0, reasoning_effort="low")

    assert parameters_from(stored_parameters(parameters)) == parameters
    assert stored_parameters(Parameters()) == {}


WORDS = "word " * 10_000


def test_it_leaves_the_oldest_out_where_not_all_fits() -> None:
    small = Conversation(provider="openai", model="gpt-3.5-turbo", system="Be brief.")
    window = context_window("openai", "gpt-3.5-turbo") or 0
    history = [asked(f"first {WORDS}"), answered("1"), asked(f"second {WORDS}"), answered("2"), asked("third")]

    asked_for = question(small, history)

    told = asked_for.request.messages
    assert estimate_tokens(history[0].text) + estimate_tokens(history[2].text) > window * 0.75
    assert [message.text[:6] for message in told] == ["second", "2", "third"]
    assert asked_for.omitted == 2
    assert asked_for.request.system == "Be brief."


def test_it_always_tells_the_last_message_and_begins_with_a_prompt() -> None:
    small = Conversation(provider="openai", model="gpt-3.5-turbo")
    history = [asked(WORDS), answered("1"), asked(WORDS * 3)]

    alone = question(small, history)
    whole = question(conversation(), history)

    assert [message.text for message in alone.request.messages] == [WORDS * 3]
    assert alone.omitted == 2
    assert whole.omitted == 0
