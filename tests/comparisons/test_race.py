from __future__ import annotations

from typing import Any

import pytest

from comparisons.race import Race, race
from generations.models import Generation

Status = Generation.Status


def slot(index: int, **values: Any) -> Generation:
    return Generation(index=index, **{"status": Status.COMPLETED, "text": "An answer.", **values})


def test_the_shortest_times_win() -> None:
    slots = [slot(0, ttft=0.4, time=1.0), slot(1, ttft=0.2, time=3.0), slot(2, ttft=0.3, time=2.0)]

    assert race(slots) == Race(first_to_answer=1, first_to_end=0)


def test_no_answer_is_first_before_any_text() -> None:
    assert race([slot(0, status=Status.STREAMING, text=""), slot(1, status=Status.QUEUED, text="")]) == Race()


def test_a_single_answer_does_not_race() -> None:
    assert race([slot(0, ttft=0.4, time=1.0)]) == Race()


def test_only_a_complete_answer_ends_first() -> None:
    slots = [
        slot(0, status=Status.FAILED, ttft=0.1, time=0.2),
        slot(1, status=Status.STOPPED, time=0.1),
        slot(2, time=9),
    ]

    assert race(slots) == Race(first_to_answer=0, first_to_end=2)


@pytest.mark.parametrize(("text", "first"), [("", 1), ("Some words", None)])
def test_it_waits_for_the_time_of_text_that_has_arrived_already(text: str, first: int | None) -> None:
    slots = [slot(0, status=Status.STREAMING, text=text), slot(1, ttft=0.5, time=1.0)]

    assert race(slots).first_to_answer == first


def test_a_retry_does_not_race() -> None:
    slots = [slot(0, attempt=2, ttft=0.1, time=0.2), slot(1, ttft=0.4, time=1.0)]

    assert race(slots) == Race(first_to_answer=1, first_to_end=1)


def test_the_lower_index_wins_a_tie() -> None:
    assert race([slot(1, ttft=0.4, time=1.0), slot(0, ttft=0.4, time=1.0)]) == Race(first_to_answer=0, first_to_end=0)
