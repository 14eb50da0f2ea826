"""What is left out of the log."""

from __future__ import annotations

import logging


class WithoutUnreadableFrames(logging.Filter):
    """Whoever sends a socket a text that is none gets it closed; a traceback for each would bury what matters."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        return not isinstance(error, UnicodeDecodeError)
