from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from redis import Redis

from tests.fake_providers import Script, StandIn
from tests.integration.api_client import Program
from tests.integration.event_reader import Reading
from tests.support.live import Live

WHOLE = "This one is not disturbed."
MAX_ANSWER = 10_000
CLOSED_PORT = "http://127.0.0.1:9/v1"


@dataclass(frozen=True)
class Stage:
    """One way to fail: the vendor's behavior, the code of the error, a part of its sentence, and the saved text."""

    script: Script
    code: str
    sentence: str
    saved_text: str = ""
    retryable: bool = True
    provider: str = "anthropic"
    label: str = "Anthropic"


STAGES = {
    "no key": Stage(Script(), "no_api_key", "Add yours under Keys", retryable=False, provider="cohere", label="Cohere"),
    "no connection": Stage(
        Script(), "upstream_unavailable", "cannot be reached", provider="deepseek", label="DeepSeek"
    ),
    "refused key": Stage(Script(status=401), "invalid_api_key", "was refused", retryable=False),
    "unknown model": Stage(Script(status=404), "model_not_found", "does not know this model", retryable=False),
    "rate limit": Stage(Script(status=429, headers={"Retry-After": "7"}), "rate_limited", "no more requests"),
    "server error": Stage(Script(status=500), "upstream_error", "Something went wrong at"),
    "cut": Stage(Script(text="abcdefgh", end="cut", at=1), "stream_cut", "broke off before its end", "abcd"),
    "no finish": Stage(Script(text="abcdefgh", end="no_finish"), "stream_cut", "broke off before its end", "abcdefgh"),
    "error frame": Stage(Script(text="abcdefgh", end="error", at=1), "upstream_unavailable", "is overloaded", "abcd"),
    "silence": Stage(Script(first_delay=60), "timeout", "did not begin to answer within 1.5 seconds"),
    "stall": Stage(Script(text="abcdefgh", end="stall", at=1), "timeout", "sent nothing more for 1.5 seconds", "abcd"),
    "garbage": Stage(
        Script(body="data: {oh no\n\ndata: ]]\n\n"), "upstream_error", "Something went wrong at", retryable=False
    ),
}


@pytest.fixture(scope="module", autouse=True)
def impatient_worker(live: Live) -> Iterator[None]:
    """A worker with short timeouts, which cannot reach one of the vendors."""
    original_environment = dict(live.environment)
    live.environment |= {
        "FIRST_TOKEN_TIMEOUT": "1.5",
        "IDLE_TIMEOUT": "1.5",
        "MAX_ANSWER_CHARACTERS": str(MAX_ANSWER),
        "DEEPSEEK_BASE_URL": CLOSED_PORT,
    }
    live.stop_worker()
    live.start_worker()
    yield
    live.environment = original_environment
    live.stop_worker()
    live.start_worker()


@pytest.fixture(scope="module")
def program(alice: Program) -> Program:
    """Alice's program; she has a key for the vendor that cannot be reached."""
    alice.api.put("/api/v1/keys/deepseek", json={"api_key": "a-key-for-nothing"}).raise_for_status()
    return alice


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
def test_one_failing_slot_leaves_the_others_untouched(program: Program, vendors: StandIn, stage: Stage) -> None:
    vendors.default = Script(text=WHOLE, total=0.2)
    vendors.scripts["failing"] = stage.script

    reading = Reading.of(program.stream("openai/before", f"{stage.provider}/failing", "mistral/after"))

    reading.assert_whole()
    failed = reading.ends[1]
    assert reading.outcomes == ["complete", stage.code, "complete"]
    assert reading.answers == {0: WHOLE, 1: stage.saved_text, 2: WHOLE}
    assert stage.label in failed["error"]
    assert stage.sentence in failed["error"]
    assert failed["retryable"] is stage.retryable
    assert reading.done["metadata"] | {"time": 0} == {"total": 3, "completed": 2, "failed": 1, "stopped": 0, "time": 0}
    saved = program.slots(reading.start["comparison_id"])
    assert [slot["status"] for slot in saved] == ["completed", "failed", "completed"]
    assert saved[1]["response"] == stage.saved_text
    assert (saved[1]["code"], saved[1]["error"]) == (stage.code, failed["error"])


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "google", "mistral"])
@pytest.mark.parametrize("end", ["cut", "no_finish"])
def test_half_an_answer_never_counts_as_complete(program: Program, vendors: StandIn, vendor: str, end: str) -> None:
    vendors.scripts["half"] = Script(text="abcdefgh", end="cut" if end == "cut" else "no_finish", at=1)

    reading = Reading.of(program.stream(f"{vendor}/half"))

    assert reading.outcomes == ["stream_cut"]
    assert reading.answers == {0: "abcd"}


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "google", "mistral"])
def test_an_answer_without_end_is_cut_off(program: Program, vendors: StandIn, vendor: str) -> None:
    vendors.scripts["flood"] = Script(text="0123456789" * 30_000, reasoning="Hm. " * 10, chunk_size=777, end="stall")

    reading = Reading.of(program.stream(f"{vendor}/flood", "openai/calm"))

    reading.assert_whole()
    assert reading.outcomes == ["complete", "complete"]
    (flood, _) = program.slots(reading.start["comparison_id"])
    assert flood["finish_reason"] == "length"
    assert len(flood["response"]) + len(flood["reasoning"]) == MAX_ANSWER
    assert reading.answers[0] == flood["response"]
    vendors.wait_for_request(model="flood").wait_until_disconnected()


def test_garbage_between_good_frames_is_skipped(program: Program, vendors: StandIn) -> None:
    vendors.default = Script(text=WHOLE, garbage=True)

    reading = Reading.of(program.stream("openai/noisy", "anthropic/noisy", "google/noisy", "mistral/noisy"))

    reading.assert_whole()
    assert reading.answers == dict.fromkeys(range(4), WHOLE)


def test_an_error_shows_what_the_vendor_said_without_the_key(program: Program, live: Live, vendors: StandIn) -> None:
    key = "refused-but-very-secret"
    program.api.put("/api/v1/keys/groq", json={"api_key": key}).raise_for_status()

    response = program.api.post("/api/v1/compare/stream", json=program.body("groq/secretive"))

    assert vendors.wait_for_request(model="secretive").headers["Authorization"] == f"Bearer {key}"
    assert '"code":"invalid_api_key"' in response.text
    assert '"vendor_message":"Incorrect API key provided: [key]."' in response.text
    assert response.text.count("Incorrect API key") == 1
    assert key not in response.text + live.log("web") + live.log("worker")


def test_nothing_is_created_if_no_chosen_provider_can_be_used(program: Program, vendors: StandIn) -> None:
    before = program.get("comparisons?count=1")["count"]

    response = program.api.post("/api/v1/compare/stream", json=program.body("cohere/a", "together/b"))

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "validation_error"
    assert "Cohere" in response.json()["error"]["message"]
    assert program.get("comparisons?count=1")["count"] == before
    assert vendors.requests == []


def test_it_retries_a_call_that_failed_before_the_first_token(alice: Program, vendors: StandIn) -> None:
    vendors.sequence = [Script(status=503), Script(status=429)]
    vendors.default = Script(text=WHOLE)

    reading = Reading.of(alice.stream("openai/recovers"))

    reading.assert_whole()
    assert reading.answers == {0: WHOLE}
    assert len(vendors.requests) == 3


def test_a_model_that_keeps_failing_is_paused_and_the_others_answer(
    live: Live, alice: Program, vendors: StandIn, live_redis: Redis
) -> None:
    original_environment = dict(live.environment)
    live.environment |= {"CIRCUIT_FAILURES": "2", "UPSTREAM_RETRIES": "0"}
    live.stop_worker()
    live.start_worker()
    vendors.scripts["down"] = Script(status=500)
    for _ in range(2):
        assert Reading.of(alice.stream("openai/down")).outcomes == ["upstream_error"]
    earlier_requests = len(vendors.requests)

    reading = Reading.of(alice.stream("openai/down", "google/up"))
    status = alice.api.get("/status/")
    live.environment = original_environment
    live.stop_worker()
    live.start_worker()
    for key in live_redis.scan_iter("live:circuit*"):
        live_redis.delete(key)

    assert reading.outcomes == ["circuit_open", "complete"]
    assert "requests to it are paused" in reading.ends[0]["error"]
    assert len(vendors.requests) == earlier_requests + 1
    assert status.status_code in {200, 302}
