from __future__ import annotations

import uuid

import pytest
from websockets.exceptions import ConnectionClosed

from tests.fake_providers import Script, StandIn
from tests.integration.api_client import TIMEOUT, Program
from tests.integration.event_reader import Reading
from tests.integration.page_client import Browser

ORIGIN = "https://elsewhere.example.org"


@pytest.fixture
def ended(alice: Program, vendors: StandIn) -> str:
    """A comparison with one turn that has ended."""
    comparison_id: str = alice.post("compare", alice.body("openai/ended-a", "mistral/ended-b"))["id"]
    return comparison_id


def test_it_sends_a_comparison_from_its_start(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text="one two three", total=0.3)
    started = alice.begin("openai/sent-a", "google/sent-b")

    with alice.socket(started["comparison_id"]) as socket:
        reading = Reading.of(socket.until("done"))

    reading.assert_whole()
    assert reading.start == started


def test_it_stays_open_over_turns_and_starts_them(alice: Program, ended: str) -> None:
    with alice.socket(ended) as socket:
        socket.until("done")

        socket.send({"action": "turn", "prompt": "And then?"})
        reading = Reading.of(socket.until("done"))

    reading.assert_whole()
    assert reading.start["turn"] == 1
    assert alice.get(f"comparisons/{ended}")["turns"][1]["prompt"] == "And then?"


def test_it_stops_one_and_then_all(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text="one two three", end="stall", at=2)
    started = alice.begin("openai/cancel-a", "google/cancel-b", "mistral/cancel-c")
    upstream = [vendors.wait_for_request(model=f"cancel-{letter}") for letter in "abc"]
    with alice.socket(started["comparison_id"]) as socket:
        socket.send({"action": "cancel", "result_id": started["results"][1]["result_id"]})
        first = socket.until("error")
        socket.send({"action": "cancel"})
        reading = Reading.of(first, socket.until("done"))

    assert first[-1].data["index"] == 1
    assert reading.outcomes == ["stopped"] * 3
    for request in upstream:
        request.wait_until_disconnected()


@pytest.mark.parametrize(
    "message",
    [
        *(
            "",
            "{",
            "[]",
            '"cancel"',
            "{}",
            '{"action": "dance"}',
            '{"action": "turn"}',
            '{"action": "turn", "prompt": 1}',
        ),
        *('{"action": "turn", "prompt": " "}', '{"action": "cancel", "result_id": "x"}'),
        '{"action": "cancel", "result_id": "5f0c1a52-7d0e-4c3b-9a57-0b8a5a3c9d11"}',
    ],
)
def test_a_bad_message_is_refused_and_the_socket_stays_open(alice: Program, ended: str, message: str) -> None:
    with alice.socket(ended) as socket:
        socket.until("done")
        socket.send(message)
        refused = socket.until("refused")

        socket.send({"action": "turn", "prompt": "Still there?"})
        Reading.of(socket.until("done")).assert_whole()

    assert len(refused) == 1
    assert refused[0].data["error"]["message"].endswith(".")


def test_a_turn_while_another_runs_is_refused(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(end="stall", at=1)
    started = alice.begin("openai/busy")
    with alice.socket(started["comparison_id"]) as socket:
        socket.until("chunk")

        socket.send({"action": "turn", "prompt": "Now?"})
        refused = socket.until("refused")[-1]
        socket.send({"action": "cancel"})
        socket.until("done")

    assert refused.data["error"]["code"] == "conflict"


def test_an_answer_of_another_comparison_is_not_stopped(alice: Program, ended: str, vendors: StandIn) -> None:
    vendors.default = Script(end="stall", at=1)
    other = alice.begin("openai/other")
    with alice.socket(ended) as socket:
        socket.until("done")
        socket.send({"action": "cancel", "result_id": other["results"][0]["result_id"]})
        refused = socket.until("refused")[-1]

    stopped = alice.post(f"comparisons/{other['comparison_id']}/cancel")

    assert refused.data["error"]["code"] == "not_found"
    assert stopped == {"stopped": 1}


@pytest.mark.parametrize("kind", ["", "html/"])
def test_it_closes_with_a_code_without_permission(alice: Program, bob: Program, ended: str, kind: str) -> None:
    path, cookie = f"/ws/comparisons/{ended}/{kind}", Browser(alice).cookie

    codes = [
        close_code(alice, path, token="no-token"),
        close_code(alice, path, token=""),
        close_code(alice, path, token="", cookie=cookie, origin=ORIGIN),
        close_code(bob, path),
        close_code(alice, f"/ws/comparisons/{uuid.uuid4()}/{kind}"),
    ]

    assert codes == [4401, 4401, 4403, 4404, 4404]


def close_code(program: Program, path: str, **more: str) -> int | None:
    with program.connection(path, **more) as connection:
        with pytest.raises(ConnectionClosed):
            while True:
                connection.recv(timeout=TIMEOUT)
        return connection.close_code


def test_a_bad_event_id_closes_it_with_a_sentence(alice: Program, ended: str) -> None:
    with alice.socket(ended, after="yesterday") as socket:
        refused = socket.until("refused")[-1]

        assert refused.data["error"]["code"] == "validation_error"
        assert socket.close_code() == 4403


def test_it_sends_whole_answers_if_the_user_switched_streaming_off(bob: Program, vendors: StandIn) -> None:
    vendors.default = Script(text="one two three", total=0.2)
    bob.api.patch("/api/v1/auth/me", json={"streaming": False}).raise_for_status()
    started = bob.begin("openai/whole")

    with bob.socket(started["comparison_id"]) as socket:
        events = socket.until("done")
    bob.api.patch("/api/v1/auth/me", json={"streaming": True}).raise_for_status()

    assert [event.kind for event in events] == ["start", "complete", "done"]
