"""Requests that a vendor has taken are counted, whatever becomes of the answer."""

from __future__ import annotations

import pytest

from generations.tokens import estimate_tokens
from tests.fake_providers import Script, StandIn
from tests.integration.api_client import Program
from tests.integration.event_reader import Reading
from tests.support.live import Live

PROMPT = "How many words are there in this prompt, which somebody has to pay for? " * 20
TOKENS = estimate_tokens(PROMPT)


@pytest.fixture
def program(live: Live) -> Program:
    """A program of a new user, who has used nothing yet."""
    return Program(live.register())


def used(program: Program) -> int:
    """Return the tokens that the program's user has used today."""
    periods = program.get("usage")["periods"]
    return sum(each["tokens"] for each in periods if each["period"] == "day")


def begin(program: Program, *models: str) -> dict[str, object]:
    body = program.body(*models) | {"prompt": PROMPT}
    response = program.api.post("/api/v1/comparisons", json=body)
    response.raise_for_status()
    return dict(response.json())


def test_an_answer_that_is_stopped_before_its_first_word(program: Program, vendors: StandIn) -> None:
    vendors.default = Script(first_delay=60)
    started = begin(program, "openai/silent", "anthropic/silent")
    requests = [vendors.wait_for_request(model="silent", number=number) for number in (1, 2)]

    program.post(f"comparisons/{started['comparison_id']}/cancel")
    for each in requests:
        each.wait_until_disconnected()
    Reading.of(program.join(str(started["comparison_id"])))

    assert used(program) == 2 * TOKENS


def test_an_answer_that_is_deleted_before_its_first_word(program: Program, vendors: StandIn) -> None:
    vendors.default = Script(first_delay=60)
    started = begin(program, "openai/silent")
    request = vendors.wait_for_request(model="silent")

    program.api.delete(f"/api/v1/comparisons/{started['comparison_id']}").raise_for_status()
    request.wait_until_disconnected()

    assert used(program) == TOKENS


def test_every_retry(program: Program, vendors: StandIn) -> None:
    vendors.default = Script(end="cut", at=0)
    started = begin(program, "openai/cut")

    reading = Reading.of(program.join(str(started["comparison_id"])))

    assert reading.outcomes == ["stream_cut"]
    assert used(program) == len(vendors.requests) * TOKENS == 3 * TOKENS


def test_a_retry_whose_answer_comes(program: Program, vendors: StandIn) -> None:
    vendors.sequence = [Script(end="cut", at=0)]
    vendors.default = Script(text="Forty-two.", input_tokens=100)
    started = begin(program, "openai/recovers")

    reading = Reading.of(program.join(str(started["comparison_id"])))
    (slot,) = program.slots(str(started["comparison_id"]))

    assert reading.outcomes == ["complete"]
    assert slot["input_tokens"] == TOKENS + 100
    assert used(program) == TOKENS + 100 + slot["output_tokens"]


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_request_that_was_refused_costs_nothing(program: Program, vendors: StandIn, status: int) -> None:
    vendors.default = Script(status=status)
    started = begin(program, "openai/refused")

    Reading.of(program.join(str(started["comparison_id"])))

    assert vendors.requests
    assert used(program) == 0


def test_an_answer_whose_worker_is_lost_before_its_first_word(live: Live, program: Program, vendors: StandIn) -> None:
    vendors.default = Script(first_delay=60)
    started = begin(program, "openai/lost")
    vendors.wait_for_request(model="lost")

    vendors.default = Script(text="Forty-two.", input_tokens=100)
    live.kill_worker()
    live.start_worker()
    Reading.of(program.join(str(started["comparison_id"])))

    (slot,) = program.slots(str(started["comparison_id"]))
    assert slot["status"] == "completed"
    assert used(program) == TOKENS + 100 + slot["output_tokens"]
