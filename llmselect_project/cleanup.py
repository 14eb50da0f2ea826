"""What is cleaned up once a day, by whichever worker comes first. docs/decisions/0013-cleaning-without-beat.md says why
there is no scheduler beside the workers.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

from celery import bootsteps
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.utils import timezone

logger = logging.getLogger(__name__)

EVERY = 24 * 60 * 60
"""Seconds for which the one that cleans holds the turn; a worker that died over it has the next one wait so long."""
LOOK_EVERY = 10 * 60.0
"""Seconds between two looks of a worker, whether it is anybody's turn."""
TURN = "cleaning"


def clean_up_sometimes() -> bool:
    """Clean up where nobody has within a day; whether this call did. One that fails leaves the turn to the next."""
    if not cache.add(TURN, timezone.now().isoformat(), EVERY):
        return False
    try:
        clean_up()
    except BaseException:
        cache.delete(TURN)
        raise
    return True


def clean_up() -> None:
    """Everything, each part by itself: one that fails does not keep the others from being done."""
    failed: list[str] = []
    for name, part in _parts().items():
        try:
            part()
        except Exception:
            logger.exception("cleaning up %s failed", name)
            failed.append(name)
    if failed:
        raise RuntimeError(f"not cleaned up: {', '.join(failed)}")
    logger.info("cleaned up %s", ", ".join(_parts()))


def _parts() -> dict[str, Callable[[], Any]]:
    from accounts.audit import delete_old_entries
    from conversations.tasks import purge_discarded

    return {
        "sessions": import_module(settings.SESSION_ENGINE).SessionStore.clear_expired,
        "refresh tokens": _delete_spent_tokens,
        "discarded chats and images that were never sent": purge_discarded,
        "the audit trail": delete_old_entries,
    }


def _delete_spent_tokens() -> None:
    """Refresh tokens that were spent, and would have expired by now."""
    from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

    OutstandingToken.objects.filter(expires_at__lte=timezone.now()).delete()


class CleaningStep(bootsteps.StartStopStep):
    """A thread of each worker that looks now and then whether it is time."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, name="cleaning", daemon=True)

    def start(self, parent: Any) -> None:
        self._thread.start()

    def stop(self, parent: Any) -> None:
        self._stopped.set()

    terminate = stop

    def _look(self) -> None:
        while True:
            try:
                clean_up_sometimes()
            except Exception as error:
                logger.warning("cleaning up is tried again later: %s", error)
            finally:
                connections.close_all()
            if self._stopped.wait(LOOK_EVERY):
                return
