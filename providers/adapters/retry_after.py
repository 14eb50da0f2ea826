"""The time after which a provider accepts requests again, from all the places in which vendors put it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice

LONGEST = 366 * 24 * 3600
"""Seconds; a longer time is taken for a mistake."""
IN_WORDS = re.compile(
    r'(?:try again in|retry in|wait|"retryDelay":\s*")\s*((?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|s|secs?|seconds?|m'
    r"|mins?|minutes?|h|hours?|d|days?)(?![a-z])[\s,and]*)+)",
    re.IGNORECASE,
)
PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|m|h|d)", re.IGNORECASE)
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
MAX_HEADERS = 100
MAX_HEADER = 200
"""Characters of a header's name and of its value."""
RESETS = re.compile(r"ratelimit-(?:.*-)?reset(?:-|$)", re.IGNORECASE)
REMAINING = re.compile(r"ratelimit-(?:.*-)?remaining(?:-|$)", re.IGNORECASE)


def retry_after(headers: Mapping[str, str], text: str) -> float | None:
    """Return the seconds from now that a response names, or None.

    ``Retry-After`` counts first, then the words of the error, then the headers that say when a limit that is used up
    begins anew.
    """
    milliseconds = _number(headers.get("Retry-After-Ms", ""))
    for seconds in (
        None if milliseconds is None else milliseconds / 1000,
        _seconds(headers.get("Retry-After", "")),
        _in_words(text),
        _reset(headers),
    ):
        if seconds is not None and seconds <= LONGEST:
            return max(0.0, seconds)
    return None


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _seconds(value: str) -> float | None:
    """Return Retry-After as seconds from now; its value is a number or an HTTP date (RFC 9110, section 10.2.3)."""
    number = _number(value.strip())
    if number is not None:
        return number
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return _until(moment)


def _in_words(text: str) -> float | None:
    """Return the seconds in "Please try again in 7m12.5s", or in Google's RetryInfo."""
    found = IN_WORDS.search(text)
    return _duration(found[1]) if found else None


def _duration(text: str) -> float | None:
    parts = PART.findall(text.lower())
    return (
        sum(float(number) * UNITS["ms" if unit.startswith("mil") else unit] for number, unit in parts)
        if parts
        else None
    )


def _reset(headers: Mapping[str, str]) -> float | None:
    """Return the latest reset among the limits that are used up, or among all if none says that it is."""
    short = [
        (name, value)
        for name, value in islice(headers.items(), MAX_HEADERS)
        if len(name) <= MAX_HEADER and len(value) <= MAX_HEADER
    ]
    resets = {name.lower(): value for name, value in short if RESETS.search(name)}
    used_up = {
        name.lower().replace("remaining", "reset")
        for name, value in short
        if REMAINING.search(name) and _number(value) == 0
    }
    values = [value for name, value in resets.items() if name in used_up] or list(resets.values())
    times = [seconds for value in values if (seconds := _moment(value)) is not None]
    return max(times, default=None)


def _moment(value: str) -> float | None:
    """Return the seconds until a time that is a duration, a number of seconds, a Unix time or an ISO date."""
    number = _number(value)
    if number is None:
        duration = _duration(value) if PART.match(value) else None
        if duration is not None:
            return duration
        try:
            return _until(datetime.fromisoformat(value))
        except ValueError:
            return None
    if number < LONGEST:
        return number
    # A Unix time in seconds, or in milliseconds as OpenRouter sends it.
    return number / (1000 if number > 1e11 else 1) - datetime.now(UTC).timestamp()


def _until(moment: datetime) -> float:
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - datetime.now(UTC)).total_seconds()
