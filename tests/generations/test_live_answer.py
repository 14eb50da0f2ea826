from __future__ import annotations

from generations.output.live_answer import LiveAnswer
from generations.selectors import RunState

ADJUSTMENT = {"parameter": "seed", "asked": 7, "sent": None, "reason": "This provider has no such parameter."}


def test_a_fallback_that_takes_all_settings_takes_the_mark_away(state: RunState) -> None:
    answer = LiveAnswer(state.generations[0])

    marked, cleared = answer.adjust([ADJUSTMENT]), answer.adjust([])

    assert "A setting was adjusted" in marked
    assert "Seed</strong>: was left out. This provider has no such parameter." in marked
    assert f'id="adjustments-{answer.generation.public_id}" hx-swap-oob="true"' in cleared
    assert "adjusted" not in cleared
