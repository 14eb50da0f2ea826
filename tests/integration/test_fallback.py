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
    "fault",
    [
        Script(status=500),
        Script(status=429, headers={"Retry-After": "60"}),
        Script(status=404),
        Script(body="data: {\n\n"),
    ],
    ids=["server error", "rate limit", "unknown model", "garbage"],
)
def test_it_answers_if_the_chosen_model_cannot_and_is_named(alice: Program, vendors: StandIn, fault: Script) -> None:
    vendors.scripts["troubled"] = fault
    vendors.scripts["fine"] = Script(text="I answer myself.")

    reading = Reading.of(ask(alice, "anthropic/troubled", "openai/fine"))

    reading.assert_whole()
    assert reading.outcomes == ["complete", "complete"]
    assert reading.answers == {0: TEXT, 1: "I answer myself."}
    assert [end["data"]["answered_by"] for _, end in sorted(reading.ends.items())] == [OTHER, None]
    saved = alice.slots(reading.start["comparison_id"])
    assert [(slot["provider"], slot["model"], slot["answered_by"]) for slot in saved] == [
        ("anthropic", "troubled", OTHER),
        ("openai", "fine", None),
    ]


@pytest.mark.parametrize(
    ("fault", "code", "saved_text"),
    [
        (Script(status=401), "invalid_api_key", ""),
        (Script(status=400), "bad_request", ""),
        (Script(text="abcdefgh", end="cut", at=1), "stream_cut", "abcd"),
    ],
    ids=["refused key", "refused request", "half an answer"],
)
def test_it_replaces_neither_a_refused_request_nor_a_partial_answer(
    alice: Program, vendors: StandIn, fault: Script, code: str, saved_text: str
) -> None:
    vendors.scripts["troubled"] = fault

    reading = Reading.of(ask(alice, "anthropic/troubled"))

    assert reading.outcomes == [code]
    assert reading.answers == {0: saved_text}
    assert alice.slots(reading.start["comparison_id"])[0]["answered_by"] is None


def test_the_first_error_is_reported_if_it_fails_too(alice: Program, vendors: StandIn) -> None:
    vendors.scripts["troubled"] = Script(status=500)
    vendors.scripts["other"] = Script(status=429, headers={"Retry-After": "60"})

    reading = Reading.of(ask(alice, "anthropic/troubled"))

    assert reading.outcomes == ["upstream_error"]
    assert "Anthropic" in reading.ends[0]["error"]
    assert alice.slots(reading.start["comparison_id"])[0]["answered_by"] is None


def test_a_fallback_that_cannot_be_used_is_refused_at_once(alice: Program) -> None:
    body: dict[str, Any] = alice.body("openai/m")
    for fallback in (
        {"provider": "cohere", "model": "m"},
        {"provider": "nobody", "model": "m"},
        {"provider": "openai"},
    ):
        body["providers"][0]["fallback"] = fallback
        response = alice.api.post("/api/v1/compare", json=body)
        assert response.status_code == 400, response.text
        assert "fallback" in str(response.json()["error"]), response.text


def test_a_chat_keeps_its_fallback(alice: Program, vendors: StandIn) -> None:
    vendors.scripts["troubled"] = Script(status=500)
    body = {"message": "Hello?", "provider": "openai", "model": "troubled", "fallback": OTHER}

    first = alice.post("chat", body)
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
