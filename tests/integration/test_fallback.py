"""A fallback that answers instead of a model that cannot."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_providers import Script, StandIn
from tests.integration.api_client import EventStream, Program
from tests.integration.event_reader import Json, Reading

TEXT = "I know this as well."
OTHER = {"provider": "mistral", "model": "other"}


@pytest.fixture(autouse=True)
def other(vendors: StandIn) -> None:
    vendors.scripts["other"] = Script(text=TEXT, total=0.1)


def ask(program: Program, *models: str, fallback: Json | None = OTHER) -> EventStream:
    """Start a comparison whose first model has a fallback."""
    body = program.body(*models)
    body["providers"][0]["fallback"] = fallback
    return EventStream(program.api.post("/api/v1/compare/stream", json=body, stream=True))


@pytest.mark.parametrize(
    "trouble",
    [
        Script(status=500),
        Script(status=429, headers={"Retry-After": "60"}),
        Script(status=404),
        Script(body="data: {\n\n"),
    ],
    ids=["server error", "rate limit", "unknown model", "garbage"],
)
def test_it_answers_where_the_chosen_model_cannot_and_says_so(
    alice: Program, vendors: StandIn, trouble: Script
) -> None:
    vendors.scripts["troubled"] = trouble
    vendors.scripts["fine"] = Script(text="I answer myself.")

    reading = Reading.of(ask(alice, "anthropic/troubled", "openai/fine"))

    reading.assert_whole()
    assert reading.outcomes == ["complete", "complete"]
    assert reading.responses == {0: TEXT, 1: "I answer myself."}
    assert [end["data"]["answered_by"] for _, end in sorted(reading.ends.items())] == [OTHER, None]
    saved = alice.slots(reading.start["comparison_id"])
    assert [(slot["provider"], slot["model"], slot["answered_by"]) for slot in saved] == [
        ("anthropic", "troubled", OTHER),
        ("openai", "fine", None),
    ]


@pytest.mark.parametrize(
    ("trouble", "code", "kept"),
    [
        (Script(status=401), "invalid_api_key", ""),
        (Script(status=400), "bad_request", ""),
        (Script(text="abcdefgh", end="cut", at=1), "stream_cut", "abcd"),
    ],
    ids=["refused key", "refused request", "half an answer"],
)
def test_it_does_not_hide_what_the_user_has_to_mend_nor_end_what_another_began(
    alice: Program, vendors: StandIn, trouble: Script, code: str, kept: str
) -> None:
    vendors.scripts["troubled"] = trouble

    reading = Reading.of(ask(alice, "anthropic/troubled"))

    assert reading.outcomes == [code]
    assert reading.responses == {0: kept}
    assert alice.slots(reading.start["comparison_id"])[0]["answered_by"] is None


def test_where_it_fails_too_the_first_failure_is_told(alice: Program, vendors: StandIn) -> None:
    vendors.scripts["troubled"] = Script(status=500)
    vendors.scripts["other"] = Script(status=429, headers={"Retry-After": "60"})

    reading = Reading.of(ask(alice, "anthropic/troubled"))

    assert reading.outcomes == ["upstream_error"]
    assert "Anthropic" in reading.ends[0]["error"]
    assert alice.slots(reading.start["comparison_id"])[0]["answered_by"] is None


def test_one_that_cannot_be_asked_is_refused_at_once(alice: Program) -> None:
    body: dict[str, Any] = alice.body("openai/m")
    for fallback in (
        {"provider": "cohere", "model": "m"},
        {"provider": "nobody", "model": "m"},
        {"provider": "openai"},
    ):
        body["providers"][0]["fallback"] = fallback
        answer = alice.api.post("/api/v1/compare", json=body)
        assert answer.status_code == 400, answer.text
        assert "fallback" in str(answer.json()["error"]), answer.text


def test_a_chat_keeps_its_fallback(alice: Program, vendors: StandIn) -> None:
    vendors.scripts["troubled"] = Script(status=500)
    asked = {"message": "Hello?", "provider": "openai", "model": "troubled", "fallback": OTHER}

    first = alice.post("chat", asked)
    second = alice.post("chat", {"message": "And?", "conversation_id": first["conversation_id"]})
    alice.api.patch(f"/api/v1/conversations/{first['conversation_id']}", json={"fallback": None}).raise_for_status()
    third = alice.api.post("/api/v1/chat", json={"message": "?", "conversation_id": first["conversation_id"]})

    assert first["response"] == second["response"] == TEXT
    assert first["usage"]["answered_by"] == second["usage"]["answered_by"] == OTHER
    assert third.status_code == 502
    assert alice.get(f"conversations/{first['conversation_id']}")["fallback"] is None
    assert (
        "answered by mistral/other in its place"
        in alice.api.get(f"/api/v1/conversations/{first['conversation_id']}/export?format=markdown").text
    )
