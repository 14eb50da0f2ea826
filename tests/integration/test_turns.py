from __future__ import annotations

from typing import Any

from tests.fake_providers import Script, StandIn
from tests.integration.api_client import Program
from tests.integration.event_reader import Reading


def request_messages(vendors: StandIn, model: str, number: int) -> list[dict[str, Any]]:
    """Return the messages of the n-th request for a model."""
    messages: list[dict[str, Any]] = vendors.wait_for_request(model=model, number=number).body["messages"]
    return messages


def test_each_slot_continues_with_its_own_history(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text="I am {model}.")
    first = Reading.of(alice.stream("mistral/own-a", "mistral/own-b", prompt="Who are you?", system="Be kind."))

    second = Reading.of(alice.turn(first.start["comparison_id"], "And who else?"))

    second.assert_whole()
    assert (second.start["turn"], second.done["turn"]) == (1, 1)
    for model in ("own-a", "own-b"):
        assert request_messages(vendors, model, 2) == [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Who are you?"},
            {"role": "assistant", "content": f"I am {model}."},
            {"role": "user", "content": "And who else?"},
        ]
    turns = alice.get(f"comparisons/{first.start['comparison_id']}")["turns"]
    assert [turn["prompt"] for turn in turns] == ["Who are you?", "And who else?"]


def test_a_history_keeps_partial_answers_and_leaves_empty_ones_out(alice: Program, vendors: StandIn) -> None:
    vendors.scripts["partial"] = Script(text="abcdefgh", end="cut", at=1)
    vendors.scripts["mute"] = Script(text="")
    first = Reading.of(alice.stream("mistral/partial", "mistral/mute", prompt="One."))

    list(alice.turn(first.start["comparison_id"], "Two."))

    assert request_messages(vendors, "partial", 2) == [
        {"role": "user", "content": "One."},
        {"role": "assistant", "content": "abcd"},
        {"role": "user", "content": "Two."},
    ]
    assert request_messages(vendors, "mute", 2) == [{"role": "user", "content": "One.\n\nTwo."}]


def test_a_turn_is_refused_while_another_runs(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(end="stall", at=2)
    started = alice.begin("openai/busy-a", "google/busy-b")

    alice.post(f"comparisons/{started['comparison_id']}/turns", {"prompt": "Again?"}, status=409)
    alice.post(f"comparisons/{started['comparison_id']}/cancel")

    assert len(alice.get(f"comparisons/{started['comparison_id']}")["turns"]) == 1


def test_a_turn_without_streaming_returns_the_ended_comparison(alice: Program, vendors: StandIn) -> None:
    comparison_id = alice.post("compare", alice.body("openai/next"))["id"]

    finished = alice.post(f"comparisons/{comparison_id}/turns", {"prompt": "Next?"})

    assert [turn["prompt"] for turn in finished["turns"]] == ["Hello?", "Next?"]
    assert finished["turns"][1]["results"][0]["status"] == "completed"


def test_a_retry_runs_the_failed_slot_alone(alice: Program, vendors: StandIn) -> None:
    vendors.scripts["mended"] = Script(text="abcdefgh", end="cut", at=1)
    first = Reading.of(alice.stream("mistral/mended", "mistral/fine", prompt="Once."))
    comparison_id, result_id = first.start["comparison_id"], first.start["results"][0]["result_id"]
    vendors.scripts["mended"] = Script(text="abcdefgh", total=0.2)

    alice.post(f"results/{result_id}/retry", status=202)
    again = Reading.of(alice.join(comparison_id))

    again.assert_whole()
    assert (again.start["turn"], again.start["total"]) == (0, 1)
    assert again.ends[0]["result_id"] == result_id
    assert again.answers == {0: "abcdefgh"}
    assert again.done["metadata"] | {"time": 0} == {"total": 1, "completed": 1, "failed": 0, "stopped": 0, "time": 0}
    saved = alice.slots(comparison_id)
    assert [(slot["status"], slot["attempt"]) for slot in saved] == [("completed", 2), ("completed", 1)]
    assert "code" not in saved[0]
    assert request_messages(vendors, "mended", 2) == [{"role": "user", "content": "Once."}]


def test_a_retry_keeps_the_index_of_its_slot(alice: Program, vendors: StandIn) -> None:
    vendors.scripts["last"] = Script(status=500)
    first = Reading.of(alice.stream("mistral/one", "mistral/two", "mistral/last"))
    del vendors.scripts["last"]

    alice.post(f"results/{first.ends[2]['result_id']}/retry", status=202)
    events = list(alice.join(first.start["comparison_id"]))

    assert {event.data["index"] for event in events if "index" in event.data} == {2}
    assert [slot["status"] for slot in alice.slots(first.start["comparison_id"])] == ["completed"] * 3


def test_a_reader_who_reconnects_after_a_retry_receives_the_retry(alice: Program, vendors: StandIn) -> None:
    vendors.scripts["tried"] = Script(text="abcdefgh", end="cut", at=1)
    events = list(alice.stream("mistral/tried", "mistral/steady"))
    start, result = events[0], next(event for event in events if event.kind == "error").data
    vendors.scripts["tried"] = Script(text="abcdefgh")
    alice.post(f"results/{result['result_id']}/retry", status=202)
    list(alice.join(start.data["comparison_id"]))

    rest = list(alice.join(start.data["comparison_id"], last_event_id=start.id))

    again = max(number for number, event in enumerate(rest) if event.kind == "start")
    before = Reading.of([start], [event for event in rest[:again] if event.data.get("index") != 0])
    assert before.answers == {1: "Hello from steady: ça va, 世界 🌍!"}
    assert Reading.of(rest[again:]).answers == {0: "abcdefgh"}


def test_only_answers_that_ended_incomplete_can_be_retried(alice: Program, vendors: StandIn) -> None:
    vendors.scripts["running"] = Script(end="stall", at=1)
    vendors.scripts["broken"] = Script(status=500)
    started = alice.begin("openai/running", "openai/broken")
    running, broken = (slot["result_id"] for slot in started["results"])
    with alice.join(started["comparison_id"]) as events:
        events.until("error", index=1)
    vendors.scripts["broken"] = Script(end="stall", at=1)
    completed = Reading.of(alice.stream("openai/completed")).start["results"][0]["result_id"]

    for result_id in (running, completed):
        alice.post(f"results/{result_id}/retry", status=409)
    retried = alice.post(f"results/{broken}/retry", status=202)
    alice.post(f"results/{broken}/retry", status=409)
    alice.post(f"comparisons/{started['comparison_id']}/cancel")

    assert (retried["status"], retried["attempt"]) == ("queued", 2)


def test_an_answer_before_a_later_turn_cannot_be_retried(alice: Program, vendors: StandIn) -> None:
    vendors.scripts["settled"] = Script(status=500)
    first = Reading.of(alice.stream("openai/settled", "openai/good"))
    list(alice.turn(first.start["comparison_id"], "Next?"))

    alice.post(f"results/{first.start['results'][0]['result_id']}/retry", status=409)

    assert alice.slots(first.start["comparison_id"], turn=0)[0]["attempt"] == 1
