from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from providers.adapters.retry_after import retry_after

SOON = datetime.now(UTC) + timedelta(minutes=30)


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
    "headers",
    [
        {"X-RateLimit-Reset": str(int(SOON.timestamp() * 1000))},
        {"X-RateLimit-Reset": str(int(SOON.timestamp()))},
        {"anthropic-ratelimit-requests-reset": SOON.isoformat()},
    ],
)
def test_it_reads_a_moment(headers: dict[str, str]) -> None:
    seconds = retry_after(headers, "")

    assert seconds is not None
    assert 1500 < seconds <= 1800
