"""Filters that keep secrets and user input out of error reports, and noise out of the log."""

from __future__ import annotations

import logging
from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class QuietFilter(SafeExceptionReporterFilter):
    """Shows names and types of variables, because any value may be a key; of forms it shows the field names only."""

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> ItemsView[str, Any]:
        return {name: type(value).__name__ for name, value in tb_frame.f_locals.items()}.items()

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {} if request is None else dict.fromkeys(request.POST, self.cleansed_substitute)


class ShortRefusals(logging.Filter):
    """Makes a warning without a traceback of Django's record of a refused request, because anybody could fill the log
    with them."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.") and 400 <= getattr(record, "status_code", 0) < 500:
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


class SkipUndecodableFrames(logging.Filter):
    """Drops log records of socket frames that are not UTF-8. The socket is closed anyway, and a traceback for each
    frame would bury other records."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        return not isinstance(error, UnicodeDecodeError)
