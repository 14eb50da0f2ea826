from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from accounts.models import User
from tests.security.bad_bodies import DEMO, GOOD, NOT_JSON, NOT_OBJECTS, bad_bodies, body
from tests.security.client import Response, in_program
from tests.security.error_shape import refusal
from tests.security.row_counts import nothing_created

COMPARISONS = "/api/v1/comparisons"
PATHS = (COMPARISONS, "/api/v1/compare", "/api/v1/compare/stream")
OPENAI = {"provider": "openai", "model": "gpt-4o"}
MISTRAL = {"provider": "mistral", "model": "mistral-large-latest"}
BODIES = bad_bodies()
every_path = pytest.mark.parametrize("path", PATHS)


@pytest.mark.parametrize("bad", BODIES)
def test_it_refuses_a_bad_field_and_names_it(newcomer: User, bad: str) -> None:
    caller, (field, bodies) = in_program(newcomer), BODIES[bad]

    with nothing_created():
        responses = {(path, str(body)[:200]): caller.ask("POST", path, body) for body in bodies for path in PATHS}

    problems = {request: problem for request, response in responses.items() if (problem := _problem(response, field))}
    assert problems == {}


@every_path
def test_it_refuses_a_body_that_is_not_a_json_object(newcomer: User, path: str) -> None:
    caller = in_program(newcomer)

    with nothing_created():
        responses = {raw[:40]: caller.send("POST", path, raw, "application/json") for raw in (*NOT_OBJECTS, *NOT_JSON)}

    problems = {raw: problem for raw, response in responses.items() if (problem := _problem(response))}
    assert problems == {}


@every_path
def test_it_refuses_a_body_that_is_too_large(newcomer: User, path: str) -> None:
    large = json.dumps(body(prompt="x" * django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE)).encode()

    with nothing_created():
        response = in_program(newcomer).send("POST", path, large, "application/json")

    assert "2 MB" in refusal(response, 413, "too_large")["message"]


@every_path
def test_it_says_how_long_a_prompt_may_be(newcomer: User, path: str, settings: Settings) -> None:
    settings.MAX_PROMPT_CHARACTERS = 1000

    with nothing_created():
        response = in_program(newcomer).ask("POST", path, body(prompt="ä" * 1001))

    message = refusal(response, 400, "validation_error")["message"]
    assert "1,001" in message
    assert "1,000" in message


@every_path
def test_it_refuses_when_no_chosen_provider_has_a_key(newcomer: User, path: str) -> None:
    with nothing_created():
        response = in_program(newcomer).ask("POST", path, body(providers=[OPENAI, MISTRAL]))

    error = refusal(response, 400, "validation_error")
    assert "OpenAI" in error["message"]
    assert "Mistral" in error["message"]
    assert "providers" in error["fields"]


def test_it_accepts_one_provider_without_a_key_among_several(newcomer: User) -> None:
    response = in_program(newcomer).ask("POST", COMPARISONS, body(providers=[OPENAI, DEMO]))

    assert response.status == 201
    assert [result["provider"] for result in json.loads(response.body)["results"]] == ["openai", "demo"]


@every_path
def test_it_refuses_in_a_sentence_when_redis_is_unavailable(
    newcomer: User, lose_redis: Callable[[], None], path: str
) -> None:
    lose_redis()

    with nothing_created():
        response = in_program(newcomer).ask("POST", path, GOOD)

    assert int(response.headers["retry-after"]) > 0
    assert "try again" in refusal(response, 503, "unavailable")["message"].lower()


def _problem(response: Response, field: str = "") -> str:
    """Return the problem with the response to an invalid body; empty if there is none."""
    try:
        error = refusal(response, 400, "validation_error")
    except AssertionError as assertion:
        return str(assertion)
    fields = {name.partition(".")[0] for name in error.get("fields", {})}
    return "" if not field or field in fields else f"names {fields} and not {field}"
