"""Fragments for an open comparison page."""

from __future__ import annotations

from accounts.models import User
from comparisons.live_page import ComparisonPage
from comparisons.page_model import page_mark
from comparisons.selectors import turn_states
from generations.log.events import Delta, Done, Started
from generations.models import Generation
from tests.comparisons.without_worker import compare, end


def test_two_runs_that_end_at_once_replace_the_vote_once(alice: User) -> None:
    started = compare(alice)
    page = ComparisonPage(started.comparison, page_mark(turn_states(started.comparison)))
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
    page = ComparisonPage(started.comparison, "0")
    for generation in Generation.objects.all():
        end(generation)
    run = started.state.run.pk

    turn = page.render([Started(started.state)])
    later = page.render([Delta(run, index, "text", "An", offset=0, time=0.1) for index in range(3)])

    assert turn.count("An answer.") == 3
    assert later == ""
