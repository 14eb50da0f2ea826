"""Cleanup once a day, by whichever worker comes first. docs/decisions/0013-cleanup-without-celery-beat.md says why
there is no scheduler beside the workers."""

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
"""Seconds for which a worker that cleans up holds the turn; if it dies, the next one waits that long."""
LOOK_EVERY = 10 * 60.0
"""Seconds between two checks of a worker."""
TURN = "cleaning"


def clean_up_if_due() -> bool:
    """Clean up if nobody has within a day, and return True if this call did. A failure leaves the turn to the next
    worker."""
    if not cache.add(TURN, timezone.now().isoformat(), EVERY):
        return False
    try:
        clean_up()
    except BaseException:
        cache.delete(TURN)
        raise
    return True


def clean_up() -> None:
    """Run every part; a part that fails does not keep the others from running."""
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
    """Delete refresh tokens that were used or revoked and would have expired by now."""
    from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

    OutstandingToken.objects.filter(expires_at__lte=timezone.now()).delete()


class CleanupStep(bootsteps.StartStopStep):
    """Runs a thread in each worker that cleans up when it is due."""

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
                clean_up_if_due()
            except Exception as error:
                logger.warning("cleaning up is tried again later: %s", error)
            finally:
                connections.close_all()
            if self._stopped.wait(LOOK_EVERY):
                return
