"""What an open page is told."""

from __future__ import annotations

from accounts.models import User
from comparisons.live_page import ComparisonPage
from comparisons.page_model import page_mark
from comparisons.selectors import turn_states
from generations.log.events import Done
from generations.models import Generation
from tests.comparisons.requests import ask, end


def test_two_runs_that_end_at_once_replace_the_vote_once(alice: User) -> None:
    started = ask(alice)
    teller = ComparisonPage(started.comparison, page_mark(turn_states(started.comparison)))
    teller.open()
    done = Done(started.state)
    running = teller.render([done])
    for generation in Generation.objects.all():
        end(generation)

    first, second = teller.render([done]), teller.render([done])

    assert "Stop all" in running
    assert "Which answer is best?" in first
    assert second == ""
