from __future__ import annotations

import pytest

from tests.fake_providers import Script, StandIn
from tests.integration.api_client import Program
from tests.integration.event_reader import Json


def voted(program: Program, comparison_id: str, turn: int = -1) -> Json | None:
    vote: Json | None = program.get(f"comparisons/{comparison_id}")["turns"][turn]["vote"]
    return vote


@pytest.fixture
def judged(alice: Program, vendors: StandIn) -> str:
    """An ended comparison with two answers and a failure."""
    vendors.scripts["failed"] = Script(text="abcdefgh", end="cut", at=1)
    comparison_id: str = alice.post("compare", alice.body("openai/a", "mistral/b", "google/failed"))["id"]
    return comparison_id


def test_a_vote_is_saved_and_can_be_changed(alice: Program, judged: str) -> None:
    first = alice.post(f"comparisons/{judged}/vote", {"preferred_index": 1})
    stored = voted(alice, judged)
    alice.post(f"comparisons/{judged}/vote", {"verdict": "tie"})

    assert first == {"turn": 0, "preferred_index": 1, "verdict": None}
    assert stored == {"preferred_index": 1, "verdict": None}
    assert voted(alice, judged) == {"preferred_index": None, "verdict": "tie"}


def test_each_turn_has_its_own_vote(alice: Program, judged: str) -> None:
    alice.post(f"comparisons/{judged}/vote", {"preferred_index": 0})
    list(alice.turn(judged, "Next?"))

    alice.post(f"comparisons/{judged}/vote", {"verdict": "all_bad"})
    alice.post(f"comparisons/{judged}/vote", {"preferred_index": 1, "turn": 0})

    assert voted(alice, judged, turn=0) == {"preferred_index": 1, "verdict": None}
    assert voted(alice, judged, turn=1) == {"preferred_index": None, "verdict": "all_bad"}


@pytest.mark.parametrize(
    "vote",
    [
        *({"preferred_index": 2}, {"preferred_index": 3}, {"preferred_index": -1}, {"preferred_index": "0"}),
        *({"verdict": "fine"}, {}, {"preferred_index": 0, "verdict": "tie"}, {"preferred_index": True}),
    ],
)
def test_a_bad_vote_is_refused(alice: Program, judged: str, vote: Json) -> None:
    refused = alice.post(f"comparisons/{judged}/vote", vote, status=400)

    assert refused["error"]["code"] == "validation_error"
    assert voted(alice, judged) is None


def test_a_vote_is_refused_before_the_end(alice: Program, vendors: StandIn) -> None:
    vendors.scripts["unfinished"] = Script(end="stall", at=1)
    started = alice.begin("openai/finished", "openai/unfinished")
    with alice.join(started["comparison_id"]) as events:
        events.until("complete", index=0)

    alice.post(f"comparisons/{started['comparison_id']}/vote", {"preferred_index": 0}, status=409)
    alice.post(f"comparisons/{started['comparison_id']}/cancel")
    list(alice.join(started["comparison_id"]))

    alice.post(f"comparisons/{started['comparison_id']}/vote", {"preferred_index": 0})


def test_a_stranger_cannot_vote(bob: Program, judged: str) -> None:
    bob.post(f"comparisons/{judged}/vote", {"preferred_index": 0}, status=404)
