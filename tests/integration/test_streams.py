from __future__ import annotations

from itertools import pairwise

import pytest

from tests.fake_providers import Script, StandIn
from tests.integration.api_client import Program
from tests.integration.event_reader import Reading

VENDORS = ("openai", "anthropic", "google", "mistral")
TEXTS = {
    "long": ("The quick brown fox — 世界.\n" * 4_600)[:100_000],
    "multi-byte": "Grüße, 世界! 👩‍👩‍👧‍👦 e\u0301 \u2028 \ufeff 𝒳\r\n\ttail ",
    "fences in lists": "1. one\n\n   ```python\n   x = '<b>'\n   ```\n\n2. two\n   - ```\n     y\n     ```\n",
    "html": "<script>alert(1)</script>\n\n<img src=x onerror=alert(2)>\n\n<a href='javascript:alert(3)'>x</a>",
    "white space": "\n\n  \t\n",
    "empty": "",
}


def models(name: str) -> list[str]:
    return [f"{vendor}/{name}-{vendor}" for vendor in VENDORS]


def test_it_streams_four_vendors_at_once_each_into_its_own_slot(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text="I am {model}. " * 5, total=0.4)

    events = list(alice.stream(*models("four")))

    reading = Reading.of(events)
    reading.assert_whole()
    assert [slot["provider"] for slot in reading.start["results"]] == list(VENDORS)
    assert reading.answers == {index: f"I am four-{vendor}. " * 5 for index, vendor in enumerate(VENDORS)}
    assert [events[0].kind, events[-1].kind] == ["start", "done"]
    assert reading.done["metadata"] | {"time": 0} == {"total": 4, "completed": 4, "failed": 0, "stopped": 0, "time": 0}


def test_no_slot_waits_for_another_to_end(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(end="stall", at=2)
    started = alice.begin(*models("at-once"))

    with alice.join(started["comparison_id"]) as events:
        indexes: set[int] = set()
        while indexes != {0, 1, 2, 3}:
            indexes.add(events.until("chunk")[-1].data["index"])
    ended = alice.post(f"comparisons/{started['comparison_id']}/cancel")

    assert ended == {"stopped": 4}


def test_slots_keep_their_index_whichever_ends_first(alice: Program, vendors: StandIn) -> None:
    vendors.scripts["slow"] = Script(text="slow", first_delay=0.5)
    vendors.scripts["swift"] = Script(text="swift")

    events = list(alice.stream("openai/slow", "mistral/swift"))

    reading = Reading.of(events)
    reading.assert_whole()
    assert [event.data["index"] for event in events if event.kind == "complete"] == [1, 0]
    assert reading.answers == {0: "slow", 1: "swift"}
    assert [slot["response"] for slot in alice.slots(reading.start["comparison_id"])] == ["slow", "swift"]


def test_the_same_model_may_appear_several_times(alice: Program, vendors: StandIn) -> None:
    reading = Reading.of(alice.stream("openai/twice", "openai/twice", "openai/twice"))

    reading.assert_whole()
    assert len({slot["result_id"] for slot in reading.start["results"]}) == 3
    assert len([request for request in vendors.requests if request.model == "twice"]) == 3
    assert reading.outcomes == ["complete"] * 3


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_vendors_text_is_streamed_and_saved_unchanged(alice: Program, vendors: StandIn, text: str) -> None:
    vendors.default = Script(text=text, chunk_size=50 if len(text) > 1000 else 3)

    reading = Reading.of(alice.stream(*models("exact")))

    reading.assert_whole()
    saved = alice.slots(reading.start["comparison_id"])
    assert [slot["response"] for slot in saved] == [text] * 4
    assert [slot["status"] for slot in saved] == ["completed"] * 4
    assert set(reading.answers.values()) == {text}


def test_characters_that_are_split_between_frames_arrive_whole(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text=TEXTS["multi-byte"], chunk_size=1, split=3, pings=True, unknown_events=True)

    reading = Reading.of(alice.stream(*models("split")))

    reading.assert_whole()
    assert set(reading.answers.values()) == {TEXTS["multi-byte"]}


def test_an_answer_without_text_has_no_chunks(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text="", pings=True)

    events = list(alice.stream("anthropic/mute"))

    assert [event.kind for event in events] == ["start", "complete", "done"]
    assert events[1].data["data"]["ttft"] is None


def test_reasoning_comes_before_the_answer_and_apart_from_it(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(reasoning="First I think about it.", text="Then I say it.", reasoning_tokens=7)

    events = list(alice.stream(*models("thinker")))

    reading = Reading.of(events)
    reading.assert_whole()
    assert dict(reading.reasoning) == dict.fromkeys(range(4), "First I think about it.")
    kinds = [event.kind for event in events if event.data.get("index") == 0]
    assert kinds == sorted(kinds, key=["reasoning", "chunk", "complete"].index)
    saved = alice.slots(reading.start["comparison_id"])
    assert [slot["reasoning"] for slot in saved] == ["First I think about it."] * 4


def test_text_that_turns_out_to_be_reasoning_is_taken_back(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text="Let me plan.\n</think>\n\nThe answer.", chunk_size=5, total=0.3)

    events = list(alice.stream("openrouter/unopened", "mistral/unopened"))

    reading = Reading.of(events)
    reading.assert_whole()
    assert [event.kind for event in events].count("reset") == 2
    assert reading.answers == {0: "The answer.", 1: "The answer."}
    assert dict(reading.reasoning) == {0: "Let me plan.", 1: "Let me plan."}
    saved = alice.slots(reading.start["comparison_id"])
    assert [(slot["response"], slot["reasoning"]) for slot in saved] == [("The answer.", "Let me plan.")] * 2


def test_a_complete_answer_has_its_usage_time_and_cost(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text="one two three four", chunk_size=1, total=0.3, input_tokens=30, cached_tokens=10)

    reading = Reading.of(alice.stream("openai/gpt-4o", "anthropic/measured"))

    data, unpriced = reading.ends[0]["data"], reading.ends[1]["data"]
    assert (data["input_tokens"], data["cached_input_tokens"], data["output_tokens"]) == (30, 10, 18)
    assert (data["usage_source"], data["finish_reason"]) == ("provider", "stop")
    assert 0 < data["ttft"] < data["time"]
    assert float(data["cost"]) > 0
    assert unpriced["cost"] is None


def test_an_ended_answer_can_be_replayed_with_its_timing(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text="a b c d e f g h", total=0.3)

    reading = Reading.of(alice.stream("openai/replayed"))
    replay = alice.get(f"results/{reading.start['results'][0]['result_id']}/events")["events"]

    assert "".join(event["chunk"] for event in replay) == "a b c d e f g h"
    assert len(replay) > 1
    assert all(one["offset"] < two["offset"] and one["time"] <= two["time"] for one, two in pairwise(replay))


def test_parameters_and_the_system_prompt_reach_the_vendor(alice: Program, vendors: StandIn) -> None:
    entry = {"provider": "mistral", "model": "tuned", "parameters": {"temperature": 0, "max_tokens": 77}}
    body = alice.body("mistral/shared", system="Be kind.", tier="brief", parameters={"temperature": 0.7, "seed": 5})
    body["providers"].append(entry)

    alice.post("compare", body)

    shared, tuned = (vendors.wait_for_request(model=model).body for model in ("shared", "tuned"))
    assert shared["messages"][0] == {"role": "system", "content": "Be kind."}
    assert (shared["temperature"], shared["max_tokens"], shared["random_seed"]) == (0.7, 400, 5)
    assert (tuned["temperature"], tuned["max_tokens"], tuned["random_seed"]) == (0, 77, 5)


def test_it_tells_which_settings_a_provider_did_not_take(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text="Well.", total=0.2)
    settings = {"reasoning_effort": "minimal", "temperature": 0.5, "stop": ["\n\n", "END"]}

    events = list(alice.stream("anthropic/claude-opus-5-5", "mistral/plain", parameters=settings))

    (told,) = [event.data for event in events if event.kind == "adjusted"]
    adjustments = {each["parameter"]: (each["asked"], each["sent"]) for each in told["adjustments"]}
    assert (told["index"], told["model"]) == (0, "claude-opus-5-5")
    assert adjustments == {
        "reasoning_effort": ("minimal", "low"),
        "temperature": (0.5, None),
        "stop": (["\n\n", "END"], ["END"]),
    }
    kinds = [event.kind for event in events if event.data.get("index") == 0]
    assert kinds.index("adjusted") < kinds.index("chunk")
    reading = Reading.of(events)
    assert reading.ends[0]["data"]["adjustments"] == told["adjustments"]
    assert reading.ends[1]["data"]["adjustments"] == []
    saved = alice.slots(reading.start["comparison_id"])
    assert [slot["adjustments"] for slot in saved] == [told["adjustments"], []]


def test_what_a_providers_list_states_counts_for_requests(bob: Program, vendors: StandIn) -> None:
    vendors.models["openrouter"] = [
        {
            "id": "lab/brand-new",
            "pricing": {"prompt": "0.000001", "completion": "0.000002"},
            "supported_parameters": ["temperature", "reasoning"],
            "reasoning": {"mandatory": True, "supported_efforts": ["high", "medium"]},
        }
    ]
    bob.post("models/refresh", {"provider": "openrouter"})
    vendors.default = Script(text="Well.", input_tokens=1000)

    reading = Reading.of(
        bob.stream("openrouter/lab/brand-new", tier="brief", parameters={"reasoning_effort": "none", "seed": 7})
    )

    sent = vendors.wait_for_request(model="lab/brand-new").body
    assert (sent["reasoning"], sent["max_tokens"]) == ({"effort": "medium"}, 16_400)
    assert "seed" not in sent
    data = reading.ends[0]["data"]
    assert {each["parameter"]: each["sent"] for each in data["adjustments"]} == {
        "reasoning_effort": "medium",
        "seed": None,
    }
    assert float(data["cost"]) > 0.001
    assert data["cost_source"] == "estimate"


def test_the_blocking_call_returns_the_ended_comparison(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text="All of it.", total=0.2)

    finished = alice.post("compare", alice.body("openai/blocking", "google/blocking"))

    (turn,) = finished["turns"]
    assert [slot["response"] for slot in turn["results"]] == ["All of it."] * 2
    assert finished == alice.get(f"comparisons/{finished['id']}")


def test_the_blocking_call_streams_on_request(alice: Program) -> None:
    response = alice.api.post("/api/v1/compare", json=alice.body("openai/either", stream=True))

    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert '"event":"done"' in response.text


def test_a_user_who_switched_streaming_off_receives_whole_answers(bob: Program, vendors: StandIn) -> None:
    vendors.default = Script(text="All of it.", total=0.2)
    bob.api.patch("/api/v1/auth/me", json={"streaming": False}).raise_for_status()

    events = list(bob.stream("openai/whole", "google/whole"))
    bob.api.patch("/api/v1/auth/me", json={"streaming": True}).raise_for_status()

    assert [event.kind for event in events] == ["start", "complete", "complete", "done"]
    assert Reading.of(events).answers == {0: "All of it.", 1: "All of it."}
