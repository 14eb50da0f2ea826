"""A reader that measures how late chunks are."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.chaos.installation import Installation
from tests.chaos.reader_record import Json
from tests.fake_providers import Recorded

CHUNK = 16
"""The characters of a chunk."""


def delay_timer(installation: Installation, model: str, delays: list[float], settled: int) -> Callable[[Json], None]:
    """Return a callback that appends the seconds from the vendor's sending of a chunk to its arrival; the first
    ``settled`` chunks do not count."""

    request: Recorded | None = None

    def on_event(event: Json) -> None:
        nonlocal request
        if event["event"] == "chunk":
            if request is None:
                request = installation.requests(model)[0]
            number = (event["offset"] + len(event["chunk"])) // CHUNK - 1
            sent = request.sent
            # A chunk that is not recorded as sent yet has arrived at once.
            if number >= settled:
                delays.append(time.monotonic() - sent[number] if number < len(sent) else 0.0)

    return on_event
