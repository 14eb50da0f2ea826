from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from providers.adapters.retry_after import retry_after


@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        ({"Retry-After-Ms": "1500", "Retry-After": "2"}, "", 1.5),
        ({"Retry-After": "17"}, "Please try again in 7m12.5s.", 17),
        ({}, "Rate limit reached. Please try again in 7m12.5s. Visit …", 432.5),
        ({}, "Please try again in 20s.", 20),
        ({}, "try again in 350ms", 0.35),
        ({}, "Try again in 1 hour and 5 minutes", 3900),
        ({}, '{"details": [{"retryDelay": "45.578569677s"}]}', 45.578569677),
        ({}, "Please retry in 45.5s.", 45.5),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, "", 360),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-tokens": "149984",
                "x-ratelimit-reset-tokens": "6m0s",
            },
            "",
            1,
        ),
        ({}, "You must wait", None),
        ({"Retry-After": "9" * 400}, "", None),
        ({"Retry-After": "x"}, "", None),
        ({"x-ratelimit-reset": "soon"}, "", None),
    ],
)
def test_it_reads_the_time(headers: dict[str, str], text: str, seconds: float | None) -> None:
    assert retry_after(headers, text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-RateLimit-Reset", lambda soon: str(int(soon.timestamp() * 1000))),
        ("X-RateLimit-Reset", lambda soon: str(int(soon.timestamp()))),
        ("anthropic-ratelimit-requests-reset", datetime.isoformat),
    ],
)
def test_it_reads_a_moment(name: str, value: Callable[[datetime], str]) -> None:
    seconds = retry_after({name: value(datetime.now(UTC) + timedelta(minutes=30))}, "")

    assert seconds is not None
    assert 1500 < seconds <= 1800
