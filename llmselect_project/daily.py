"""Work that one of the workers does once a day: the cleanup, and new lists of models.

docs/decisions/0013-cleanup-without-celery-beat.md says why there is no scheduler besides the workers.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from celery import bootsteps
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.utils import timezone

from llmselect_project.cleanup import clean_up

logger = logging.getLogger(__name__)

INTERVAL = 24 * 60 * 60
"""Seconds from one time to the next. If a worker dies while it works, the next time waits that long, too."""
CHECK_INTERVAL = 10 * 60.0
"""Seconds between two checks of a worker if something is due."""
START = 60.0
"""Seconds after the start of a worker before it refreshes lists, so that the start stays quick."""
MAX_REFRESH = 60 * 60
"""Seconds after which a refresh of the lists is ended."""
CLEANING, REFRESHING = "cleaning", "refreshing"
"""Keys in the cache; each exists for ``INTERVAL`` after the work has begun."""


def do_if_due(name: str, work: Callable[[], None]) -> bool:
    """Do this work unless a worker has within ``INTERVAL``; return True if this call did.

    After a failure the next check of any worker tries again. Raises what the work raises.
    """
    if not cache.add(name, timezone.now().isoformat(), INTERVAL):
        return False
    try:
        work()
    except BaseException:
        cache.delete(name)
        raise
    return True


def refresh_lists() -> None:
    """Refresh the lists of models in a process of its own, because the vendors' SDKs take much memory."""
    command = [sys.executable, "manage.py", "refresh_models"]
    subprocess.run(command, cwd=settings.BASE_DIR, check=True, timeout=MAX_REFRESH)  # noqa: S603


class DailyStep(bootsteps.StartStopStep):
    """Runs a thread in each worker that does what is due."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="daily", daemon=True)

    def start(self, parent: Any) -> None:
        self._thread.start()

    def stop(self, parent: Any) -> None:
        self._stopped.set()

    terminate = stop

    def _run(self) -> None:
        self._try(CLEANING, clean_up)
        pause = START
        while not self._stopped.wait(pause):
            self._try(CLEANING, clean_up)
            if settings.REFRESH_MODEL_LISTS:
                self._try(REFRESHING, refresh_lists)
            pause = CHECK_INTERVAL

    def _try(self, name: str, work: Callable[[], None]) -> None:
        try:
            do_if_due(name, work)
        except Exception as error:
            logger.warning("%s failed and will be tried again: %s", name, error)
        finally:
            connections.close_all()
