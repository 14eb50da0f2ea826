from __future__ import annotations

import logging

import pytest

from generations import on_complete
from generations.models import Generation, Run

NAME = "tests.on_complete"


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[Generation]:
    """The generations that a registered function was called with; it raises ValueError for those of ``broken`` runs."""
    calls: list[Generation] = []
    monkeypatch.setattr(on_complete, "_functions", {})

    @on_complete.on_complete(NAME)
    def note(generation: Generation) -> None:
        if generation.current_run.topic == "broken":
            raise ValueError("broken")
        calls.append(generation)

    return calls


def last_of(run: Run) -> Generation:
    return Generation(current_run=run)


def test_the_function_that_the_run_names_gets_its_last_generation(called: list[Generation]) -> None:
    generation = last_of(Run(topic="t", on_complete=NAME))

    on_complete.complete(generation)

    assert called == [generation]


@pytest.mark.parametrize(("topic", "name"), [("broken", NAME), ("t", "of.an.older.version")])
def test_its_failure_is_logged(
    called: list[Generation], caplog: pytest.LogCaptureFixture, topic: str, name: str
) -> None:
    on_complete.complete(last_of(Run(topic=topic, on_complete=name)))

    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert name in record.message
