from __future__ import annotations

import time

import pytest
from redis import Redis

from accounts.models import User
from comparisons.models import Comparison
from comparisons.page_model import footer_context, turn_views
from comparisons.selectors import turn_states
from comparisons.services import StartedTurn
from generations.log.heartbeats import heartbeats_key
from generations.models import Generation
from generations.output import answer_view
from generations.output.answer_view import AnswerView
from tests.comparisons.without_worker import Status, claim, compare, end


def columns(comparison: Comparison) -> list[AnswerView]:
    return [slot for turn in turn_views(turn_states(comparison)) for slot in turn.slots]


@pytest.fixture
def worker(redis: Redis) -> None:
    """A worker that has just sent a heartbeat."""
    redis.zadd(heartbeats_key(), {"a-worker": time.time()})


def test_it_says_that_no_worker_is_running(alice: User) -> None:
    assert columns(compare(alice).comparison)[0].position == "no worker is running"


@pytest.mark.usefixtures("worker")
def test_it_says_which_position_in_the_queue_a_slot_has(alice: User) -> None:
    first, second = compare(alice), compare(alice)
    claim(first.state.generations[0])
    end(first.state.generations[2], status=Status.STOPPED)

    assert [slot.position for slot in columns(first.comparison)] == ["", "next in the queue", ""]
    assert [slot.position for slot in columns(second.comparison)] == [
        "2nd in the queue",
        "3rd in the queue",
        "4th in the queue",
    ]


@pytest.mark.usefixtures("worker")
def test_users_take_turns_in_the_queue(alice: User) -> None:
    bob = User.objects.create_user("bob", "bob@example.org", None)
    compare(bob)

    assert [slot.position for slot in columns(compare(alice).comparison)] == [
        "2nd in the queue",
        "4th in the queue",
        "6th in the queue",
    ]


@pytest.mark.parametrize(
    ("values", "phase"),
    [
        ({}, "waiting"),
        ({"status": Status.STREAMING}, "connecting"),
        ({"status": Status.STREAMING, "reasoning": "Hm."}, "thinking"),
        ({"status": Status.STREAMING, "reasoning": "Hm.", "text": "Well"}, "writing"),
        ({"status": Status.FAILED, "text": "Well"}, "failed"),
    ],
)
def test_it_says_how_far_a_slot_has_come(started: StartedTurn, values: dict[str, str], phase: str) -> None:
    Generation.objects.filter(pk=started.state.generations[0].pk).update(**values)

    assert columns(started.comparison)[0].phase == phase


def test_it_estimates_a_running_answer_against_its_limit(started: StartedTurn) -> None:
    parameters = {"max_tokens": 400}
    Generation.objects.filter(pk=started.state.generations[0].pk).update(
        status=Status.STREAMING, text="Two words", parameters=parameters
    )

    first, second, _ = columns(started.comparison)

    assert (first.output_tokens, first.limit, first.usage_source) == (2, 400, "estimate")
    assert (second.output_tokens, second.limit) == (None, None)


def test_it_marks_the_first_answers(started: StartedTurn) -> None:
    slow, quick, _ = started.state.generations
    end(slow, ttft=0.5, time=1.0)
    end(quick, ttft=0.2, time=2.0)

    slots = columns(started.comparison)

    assert [slot.first_to_answer for slot in slots] == [False, True, False]
    assert [slot.first_to_end for slot in slots] == [True, False, False]


def test_a_footer_renders_no_answer(started: StartedTurn, monkeypatch: pytest.MonkeyPatch) -> None:
    end(started.state.generations[0])
    rendered: list[str] = []

    def render(text: str) -> str:
        rendered.append(text)
        return ""

    monkeypatch.setattr(answer_view, "render", render)

    footer_context(turn_states(started.comparison), 0)

    assert "".join(rendered) == ""
