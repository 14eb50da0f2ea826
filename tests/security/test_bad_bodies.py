from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from accounts.models import User
from tests.security.bad_bodies import DEMO, GOOD, NOT_JSON, NOT_OBJECTS, bad_bodies, body
from tests.security.client import Answer, in_program
from tests.security.error_shape import refusal
from tests.security.row_counts import nothing_created

COMPARISONS = "/api/v1/comparisons"
DOORS = (COMPARISONS, "/api/v1/compare", "/api/v1/compare/stream")
OPENAI = {"provider": "openai", "model": "gpt-4o"}
MISTRAL = {"provider": "mistral", "model": "mistral-large-latest"}
BODIES = bad_bodies()
every_door = pytest.mark.parametrize("door", DOORS)


@pytest.mark.parametrize("bad", BODIES)
def test_it_refuses_a_bad_field_and_names_it(asker: User, bad: str) -> None:
    caller, (field, bodies) = in_program(asker), BODIES[bad]

    with nothing_created():
        answers = {(door, str(body)[:200]): caller.ask("POST", door, body) for body in bodies for door in DOORS}

    problems = {asked: problem for asked, answer in answers.items() if (problem := _problem(answer, field))}
    assert problems == {}


@every_door
def test_it_refuses_what_is_no_json_object(asker: User, door: str) -> None:
    caller = in_program(asker)

    with nothing_created():
        answers = {raw[:40]: caller.send("POST", door, raw, "application/json") for raw in (*NOT_OBJECTS, *NOT_JSON)}

    problems = {raw: problem for raw, answer in answers.items() if (problem := _problem(answer))}
    assert problems == {}


@every_door
def test_it_refuses_a_body_that_is_too_large(asker: User, door: str) -> None:
    large = json.dumps(body(prompt="x" * django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE)).encode()

    with nothing_created():
        answer = in_program(asker).send("POST", door, large, "application/json")

    assert "2 MB" in refusal(answer, 413, "too_large")["message"]


@every_door
def test_it_says_how_long_a_prompt_may_be(asker: User, door: str, settings: Settings) -> None:
    settings.MAX_PROMPT_CHARACTERS = 1000

    with nothing_created():
        answer = in_program(asker).ask("POST", door, body(prompt="ä" * 1001))

    message = refusal(answer, 400, "validation_error")["message"]
    assert "1,001" in message
    assert "1,000" in message


@every_door
def test_it_refuses_when_no_chosen_provider_has_a_key(asker: User, door: str) -> None:
    with nothing_created():
        answer = in_program(asker).ask("POST", door, body(providers=[OPENAI, MISTRAL]))

    error = refusal(answer, 400, "validation_error")
    assert "OpenAI" in error["message"]
    assert "Mistral" in error["message"]
    assert "providers" in error["fields"]


def test_it_takes_one_provider_of_several_without_a_key(asker: User) -> None:
    answer = in_program(asker).ask("POST", COMPARISONS, body(providers=[OPENAI, DEMO]))

    assert answer.status == 201
    assert [result["provider"] for result in json.loads(answer.body)["results"]] == ["openai", "demo"]


@every_door
def test_it_says_so_when_nothing_can_be_started(asker: User, lose_redis: Callable[[], None], door: str) -> None:
    lose_redis()

    with nothing_created():
        answer = in_program(asker).ask("POST", door, GOOD)

    assert int(answer.headers["retry-after"]) > 0
    assert "try again" in refusal(answer, 503, "unavailable")["message"].lower()


def _problem(answer: Answer, field: str = "") -> str:
    """Return the error in the response to an invalid body; empty if there is none."""
    try:
        error = refusal(answer, 400, "validation_error")
    except AssertionError as assertion:
        return str(assertion)
    named = {name.partition(".")[0] for name in error.get("fields", {})}
    return "" if not field or field in named else f"names {named} and not {field}"
