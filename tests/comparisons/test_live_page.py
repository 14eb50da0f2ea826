"""Fragments for an open comparison page."""

from __future__ import annotations

import re

import pytest
from redis import Redis

from accounts.models import User
from comparisons.live_page import ComparisonPage
from comparisons.page_model import page_mark
from comparisons.selectors import turn_states
from core.process_cache import forget_all
from generations.log.events import Delta, Done, PhaseChanged, Started
from generations.log.heartbeats import heartbeats_key
from generations.models import Generation
from generations.output import live_page
from generations.phases import Phase
from generations.selectors import RunState
from tests.comparisons.without_worker import compare, end


def test_two_runs_that_end_at_once_replace_the_vote_once(alice: User) -> None:
    started = compare(alice)
    page = ComparisonPage(started.comparison)
    page.open()
    done = Done(started.state)
    running = page.render([done])
    for generation in Generation.objects.all():
        end(generation)

    first, second = page.render([done]), page.render([done])

    assert "Stop all" in running
    assert "Which answer is best?" in first
    assert second == ""


def test_an_answer_that_ended_before_its_turn_was_shown_keeps_its_text(alice: User) -> None:
    started = compare(alice)
    page = ComparisonPage(started.comparison)
    for generation in Generation.objects.all():
        end(generation)
    run = started.state.run.pk

    turn = page.render([Started(started.state)])
    later = page.render([Delta(run, index, "text", "An", offset=0, time=0.1) for index in range(3)])

    assert turn.count("An answer.") == 3
    assert later == ""


def test_the_footer_that_came_with_a_turn_is_not_sent_again(alice: User) -> None:
    started = compare(alice)
    page = ComparisonPage(started.comparison)
    for generation in Generation.objects.all():
        end(generation)

    turn = page.render([Started(started.state)])
    done = page.render([Done(started.state)])

    assert "Which answer is best?" in turn
    assert done == ""


def test_the_footer_that_the_only_page_has_got_is_not_sent_again(alice: User) -> None:
    started = compare(alice)
    shown = page_mark(turn_states(started.comparison))
    page = ComparisonPage(started.comparison)
    page.open()
    for generation in Generation.objects.all():
        end(generation)

    first = page.join(shown, alone=True)
    second = page.join(shown, alone=False)
    done = page.render([Done(started.state)])

    assert "Which answer is best?" in first
    assert "Which answer is best?" in second
    assert done == ""


@pytest.fixture
def waiting_page(alice: User, redis: Redis) -> tuple[ComparisonPage, RunState]:
    """The page of a comparison whose answers wait for a worker, and its run."""
    redis.zadd(heartbeats_key(), {"a-worker": 2e9})
    started = compare(alice)
    page = ComparisonPage(started.comparison)
    page.open()
    page.render([Started(started.state)])
    return page, started.state


def test_positions_are_shown_as_soon_as_an_answer_is_reported_to_wait(
    waiting_page: tuple[ComparisonPage, RunState],
) -> None:
    page, state = waiting_page

    fragments = page.render([PhaseChanged(state.run.pk, 1, Phase.WAITING)])

    assert re.findall(r"(\w+) in the queue", fragments) == ["next", "2nd", "3rd"]


def test_positions_are_shown_while_another_answer_streams(
    waiting_page: tuple[ComparisonPage, RunState], monkeypatch: pytest.MonkeyPatch
) -> None:
    page, state = waiting_page
    run = state.run.pk
    first = Delta(run, 0, "text", "An", offset=0, time=0.1)

    assert "in the queue" not in page.render([PhaseChanged(run, 0, Phase.CONNECTING), first])
    monkeypatch.setattr(live_page, "LOOK_INTERVAL", 0.0)
    later = page.render([Delta(run, 0, "text", " answer", offset=2, time=0.2)])

    assert re.findall(r"(\w+) in the queue", later) == ["2nd", "3rd"]


def test_an_answer_that_has_begun_unheard_does_not_wait_for_ever(
    waiting_page: tuple[ComparisonPage, RunState],
) -> None:
    page, state = waiting_page
    run = state.run.pk
    page.render([PhaseChanged(run, index, Phase.WAITING) for index in range(3)])
    Generation.objects.filter(pk=state.generations[0].pk).update(status=Generation.Status.STREAMING)
    forget_all()

    fragments = page.render([PhaseChanged(run, 1, Phase.WAITING)])

    assert "Connecting" in fragments
    assert re.findall(r"(\w+) in the queue", fragments) == ["next", "2nd"]


def test_an_answer_that_lost_its_worker_waits_again(waiting_page: tuple[ComparisonPage, RunState]) -> None:
    page, state = waiting_page
    connecting = page.render([PhaseChanged(state.run.pk, 2, Phase.CONNECTING)])

    waiting = page.render([PhaseChanged(state.run.pk, 2, Phase.WAITING)])

    assert ("Connecting" in connecting, "Waiting" in connecting) == (True, False)
    assert "Connecting" not in waiting
    assert re.findall(r"(\w+) in the queue", waiting) == ["next", "2nd", "3rd"]
