"""Lines of the log that nobody can forge, whatever a vendor or a client has sent."""

from __future__ import annotations

import logging
import re

CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but the line feed: those of terminals, other line ends, and marks of writing direction."""
CONTINUATION = "\n  | "
"""The beginning of each line of a message after its first."""


class LineFormatter(logging.Formatter):
    """A formatter that escapes control characters, and marks the lines that go on with a message."""

    def format(self, record: logging.LogRecord) -> str:
        text = CONTROLS.sub(lambda match: ascii(match[0])[1:-1], super().format(record))
        return text.replace("\n", CONTINUATION)
