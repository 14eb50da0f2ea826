from __future__ import annotations

from tests.fake_providers import Script, StandIn
from tests.integration.api_client import Program
from tests.integration.event_reader import Reading
from tests.integration.worker_faults import frozen_worker
from tests.support.live import Live

TEXT = "one two three four five six seven eight nine ten"
OTHERS = ("anthropic/goes-on-a", "google/goes-on-b", "mistral/goes-on-c")


def test_stopping_one_in_mid_stream_leaves_the_others_to_their_end(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text=TEXT, total=0.8)
    vendors.scripts["stopped"] = Script(text=TEXT, end="stall", at=2)
    started = alice.begin("openai/stopped", *OTHERS)
    result_id = started["results"][0]["result_id"]

    events = alice.join(started["comparison_id"])
    before = events.until("chunk", index=0)
    counted = alice.post(f"results/{result_id}/cancel")
    vendors.wait_for_request(model="stopped").wait_until_disconnected()
    reading = Reading.of(before, events)

    reading.assert_whole()
    assert counted == {"stopped": 1}
    assert reading.outcomes == ["stopped", "complete", "complete", "complete"]
    assert reading.answers == {0: TEXT[:8], 1: TEXT, 2: TEXT, 3: TEXT}
    assert reading.done["metadata"]["stopped"] == 1
    assert alice.get(f"results/{result_id}")["status"] == "stopped"


def test_stopping_before_the_first_token_closes_the_upstream_connection(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text=TEXT, total=0.4)
    vendors.scripts["silent"] = Script(first_delay=60)
    started = alice.begin("openai/silent", *OTHERS)
    upstream = vendors.wait_for_request(model="silent")

    alice.post(f"results/{started['results'][0]['result_id']}/cancel")
    upstream.wait_until_disconnected()
    reading = Reading.of(alice.join(started["comparison_id"]))

    assert reading.outcomes == ["stopped", "complete", "complete", "complete"]
    assert reading.answers[0] == ""
    assert reading.ends[0]["retryable"] is True


def test_stopping_all_closes_every_upstream_connection(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text=TEXT, end="stall", at=3)
    models = ["stop-all-a", "stop-all-b", "stop-all-c", "stop-all-d"]
    started = alice.begin(*(f"openai/{model}" for model in models))
    upstream = [vendors.wait_for_request(model=model) for model in models]

    counted = alice.post(f"comparisons/{started['comparison_id']}/cancel")
    for request in upstream:
        request.wait_until_disconnected()
    reading = Reading.of(alice.join(started["comparison_id"]))

    assert counted == {"stopped": 4}
    assert reading.outcomes == ["stopped"] * 4
    assert all(TEXT.startswith(response) for response in reading.answers.values())
    assert reading.done["metadata"]["stopped"] == 4


def test_a_queued_answer_is_stopped_at_once_and_never_requested(alice: Program, live: Live, vendors: StandIn) -> None:
    with frozen_worker(live):
        started = alice.begin("openai/never-asked", "openai/asked-later")
        first, second = (slot["result_id"] for slot in started["results"])
        events = alice.join(started["comparison_id"])
        counted = alice.post(f"results/{first}/cancel")
        events_before = events.until("error", index=0)
    reading = Reading.of(events_before, events)

    assert counted == {"stopped": 1}
    assert reading.outcomes == ["stopped", "complete"]
    assert [request.model for request in vendors.requests] == ["asked-later"]
    assert alice.get(f"results/{second}")["status"] == "completed"


def test_stopping_an_ended_answer_changes_nothing(alice: Program) -> None:
    reading = Reading.of(alice.stream("openai/over"))

    counted = alice.post(f"comparisons/{reading.start['comparison_id']}/cancel")

    assert counted == {"stopped": 0}
    assert alice.slots(reading.start["comparison_id"])[0]["status"] == "completed"


def test_a_stranger_stops_nothing(alice: Program, bob: Program, vendors: StandIn) -> None:
    vendors.default = Script(text=TEXT, total=0.5)
    started = alice.begin("openai/mine")

    bob.post(f"comparisons/{started['comparison_id']}/cancel", status=404)
    bob.post(f"results/{started['results'][0]['result_id']}/cancel", status=404)

    assert Reading.of(alice.join(started["comparison_id"])).outcomes == ["complete"]


def test_deleting_in_mid_stream_closes_the_upstream_connection(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text=TEXT, end="stall", at=2)
    started = alice.begin("openai/deleted-a", "mistral/deleted-b")
    path = f"/api/v1/comparisons/{started['comparison_id']}"
    upstream = [vendors.wait_for_request(model=model) for model in ("deleted-a", "deleted-b")]

    deleted = alice.api.delete(path)
    for request in upstream:
        request.wait_until_disconnected()

    assert deleted.status_code == 204
    assert alice.api.get(path).status_code == 404
    assert alice.api.get(f"/api/v1/results/{started['results'][0]['result_id']}").status_code == 404


def test_deleting_ends_the_streams_and_sockets_of_its_readers(alice: Program, live: Live, vendors: StandIn) -> None:
    vendors.default = Script(text=TEXT, end="stall", at=2)
    started = alice.begin("openai/deleted-c", "google/deleted-d")
    with alice.join(started["comparison_id"]) as events, alice.socket(started["comparison_id"]) as socket:
        events.until("chunk")

        with frozen_worker(live):
            alice.api.delete(f"/api/v1/comparisons/{started['comparison_id']}").raise_for_status()
            rest = {event.kind for event in events}
            code = socket.close_code()

    assert rest <= {"chunk"}
    assert code == 4404
