from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from redis import Redis

from tests.fake_providers import Script, StandIn
from tests.integration.api_client import Program
from tests.integration.event_reader import Event, Json, Reading

TEXT = "one two three four five six seven eight nine ten, and so on."
MODELS = ("openai/resumed-a", "anthropic/resumed-b", "google/resumed-c")

Resume = Callable[[str, str], list[Event]]


def lose_log(redis: Redis, comparison_id: str) -> None:
    topic = f"comparison.{uuid.UUID(comparison_id).hex}"
    assert redis.delete(f"live:topic:{topic}", f"live:topic:{topic}:log") == 2


@pytest.fixture
def by_header(alice: Program) -> Resume:
    return lambda comparison_id, id_: list(alice.join(comparison_id, last_event_id=id_))


@pytest.fixture
def by_query(alice: Program) -> Resume:
    return lambda comparison_id, id_: list(alice.join(comparison_id, after=id_))


@pytest.fixture
def by_socket(alice: Program) -> Resume:
    def resume(comparison_id: str, id_: str) -> list[Event]:
        with alice.socket(comparison_id, after=id_) as socket:
            return socket.until("done")

    return resume


@pytest.mark.parametrize("transport", ["by_header", "by_query", "by_socket"])
@pytest.mark.parametrize("kind", ["start", "chunk", "complete"])
def test_a_reader_who_reconnects_in_mid_stream_misses_nothing(
    alice: Program, vendors: StandIn, request: pytest.FixtureRequest, transport: str, kind: str
) -> None:
    resume: Resume = request.getfixturevalue(transport)
    vendors.default = Script(text=TEXT, total=0.4)
    vendors.scripts["resumed-a"] = Script(text=TEXT)
    events = alice.stream(*MODELS)
    before = events.until(kind)
    events.close()

    after = resume(before[0].data["comparison_id"], before[-1].id)

    reading = Reading.of(before, after)
    reading.assert_whole()
    assert reading.answers == dict.fromkeys(range(3), TEXT)


def test_every_id_of_an_ended_run_is_a_resume_point(alice: Program, vendors: StandIn, by_header: Resume) -> None:
    vendors.default = Script(text=TEXT[:16])
    vendors.scripts["resumed-b"] = Script(text=TEXT[:16], end="cut", at=2)
    events = list(alice.stream(*MODELS))
    comparison_id = events[0].data["comparison_id"]

    for count in range(1, len(events)):
        reading = Reading.of(events[:count], by_header(comparison_id, events[count - 1].id))

        reading.assert_whole()
        assert reading.outcomes == ["complete", "stream_cut", "complete"]
    assert alice.join_response(comparison_id, last_event_id=events[-1].id).status_code == 204


def test_a_second_and_a_late_reader_receive_the_same_as_the_first(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text=TEXT, total=0.5)
    first = alice.stream(*MODELS)
    events_before = first.until("chunk")
    comparison_id = events_before[0].data["comparison_id"]

    second = alice.join(comparison_id)
    with alice.socket(comparison_id) as socket:
        sets = [[*events_before, *first], list(second), socket.until("done")]

    for events in sets:
        Reading.of(events).assert_whole()
    first_data, second_data, third_data = ([event.data for event in events] for events in sets)
    assert first_data == second_data == third_data


def test_an_ended_run_is_sent_as_its_ends_with_and_without_its_log(
    alice: Program, vendors: StandIn, live_redis: Redis
) -> None:
    vendors.default = Script(text=TEXT)
    vendors.scripts["resumed-b"] = Script(text=TEXT, end="cut", at=2)
    comparison_id = alice.post("compare", alice.body(*MODELS))["id"]

    with_log = list(alice.join(comparison_id))
    last_with_log = alice.join_response(comparison_id, last_event_id=with_log[-1].id)
    lose_log(live_redis, comparison_id)
    without_log = list(alice.join(comparison_id))
    last_without_log = alice.join_response(comparison_id, last_event_id=without_log[-1].id)

    for events in (with_log, without_log):
        assert [event.kind for event in events] == ["start", "complete", "error", "complete", "done"]
        assert Reading.of(events).answers == {0: TEXT, 1: TEXT[:8], 2: TEXT}
    assert (last_with_log.status_code, last_without_log.status_code) == (204, 204)


def test_a_log_that_is_lost_in_mid_stream_costs_no_text(alice: Program, vendors: StandIn, live_redis: Redis) -> None:
    vendors.default = Script(text=TEXT, total=0.5)
    events = alice.stream(*MODELS)
    before = events.until("chunk")

    lose_log(live_redis, before[0].data["comparison_id"])
    rest = list(events)

    reading = Reading.of(before, rest)
    reading.assert_whole()
    assert {event.data["index"] for event in rest if event.kind == "reset"} == {0, 1, 2}
    assert reading.answers == dict.fromkeys(range(3), TEXT)


def test_a_reader_who_reconnects_to_a_lost_log_starts_over_from_the_saved_text(
    alice: Program, vendors: StandIn, live_redis: Redis, by_header: Resume
) -> None:
    vendors.default = Script(text=TEXT, total=4)
    events = alice.stream(*MODELS)
    before = events.until("chunk")
    events.close()
    comparison_id = before[0].data["comparison_id"]
    lose_log(live_redis, comparison_id)

    rest = by_header(comparison_id, before[-1].id)

    reading = Reading.of(before, rest)
    reading.assert_whole()
    assert rest[0].kind == "reset"
    assert reading.answers == dict.fromkeys(range(3), TEXT)


def test_a_log_that_is_lost_after_the_end_leaves_the_saved_answers(
    alice: Program, vendors: StandIn, live_redis: Redis, by_header: Resume
) -> None:
    vendors.default = Script(text=TEXT)
    events = list(alice.stream(*MODELS))
    comparison_id = events[0].data["comparison_id"]
    lose_log(live_redis, comparison_id)

    rest = by_header(comparison_id, events[4].id)

    assert [event.kind for event in rest] == ["complete", "complete", "complete", "done"]
    assert Reading.of(rest).answers == dict.fromkeys(range(3), TEXT)
    assert alice.join_response(comparison_id, last_event_id=rest[-1].id).status_code == 204


def test_a_bad_event_id_is_refused_before_the_stream_opens(alice: Program) -> None:
    comparison_id = alice.post("compare", alice.body("openai/refused-id"))["id"]

    response = alice.join_response(comparison_id, last_event_id="yesterday")

    refused: Json = response.json()["error"]
    assert response.status_code == 400
    assert refused["code"] == "validation_error"


def test_a_stranger_cannot_follow_a_comparison(alice: Program, bob: Program) -> None:
    comparison_id = alice.post("compare", alice.body("openai/private"))["id"]

    response = bob.join_response(comparison_id)

    assert response.status_code == 404
