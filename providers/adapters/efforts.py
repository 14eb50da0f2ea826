"""Levels of reasoning effort, and the nearest of those that a model takes."""

from __future__ import annotations

from collections.abc import Collection

LEVELS = {"none": 0, "minimal": 1, "low": 2, "default": 3, "medium": 3, "high": 4, "xhigh": 5, "max": 6}
"""All levels, each with its rank; vendors that only switch thinking on or off call its normal level default."""


def nearest_effort(effort: str, accepted: Collection[str]) -> str:
    """Return the accepted level that is nearest to this one; of two the lower one, which costs less.

    A level at which a model thinks becomes none only if there is no other, since that is the opposite of what was
    asked for.
    """
    rank = LEVELS.get(effort, LEVELS["medium"])
    thinking = [each for each in accepted if each != "none"] if rank else [*accepted]
    return min(thinking or accepted, key=lambda each: (abs(LEVELS[each] - rank), LEVELS[each]))
