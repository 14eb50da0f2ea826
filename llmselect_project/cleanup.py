"""Cleanup, once a day, by one of the workers.

docs/decisions/0013-cleanup-without-celery-beat.md says why there is no scheduler besides the workers.
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

INTERVAL = 24 * 60 * 60
"""Seconds from one cleanup to the next. If a worker dies while it cleans up, the next cleanup waits that long, too."""
CHECK_INTERVAL = 10 * 60.0
"""Seconds between two checks of a worker if a cleanup is due."""
CACHE_KEY = "cleaning"
"""Exists for ``INTERVAL`` after a cleanup has begun."""


def clean_up_if_due() -> bool:
    """Clean up unless a worker has within ``INTERVAL``; return True if this call did.

    After a failure the next check of any worker tries again. Raises RuntimeError if parts of the cleanup failed.
    """
    if not cache.add(CACHE_KEY, timezone.now().isoformat(), INTERVAL):
        return False
    try:
        clean_up()
    except BaseException:
        cache.delete(CACHE_KEY)
        raise
    return True


def clean_up() -> None:
    """Run all parts; a part that fails does not keep the others from running. Raises RuntimeError after a failure."""
    failed: list[str] = []
    for name, part in _parts().items():
        try:
            part()
        except Exception:
            logger.exception("cleanup of %s failed", name)
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
    """Delete refresh tokens that were used or revoked, once they would have expired anyway."""
    from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

    OutstandingToken.objects.filter(expires_at__lte=timezone.now()).delete()


class CleanupStep(bootsteps.StartStopStep):
    """Runs a thread in each worker that cleans up when a cleanup is due."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cleanup", daemon=True)

    def start(self, parent: Any) -> None:
        self._thread.start()

    def stop(self, parent: Any) -> None:
        self._stopped.set()

    terminate = stop

    def _run(self) -> None:
        while True:
            try:
                clean_up_if_due()
            except Exception as error:
                logger.warning("cleanup failed and will be tried again: %s", error)
            finally:
                connections.close_all()
            if self._stopped.wait(CHECK_INTERVAL):
                return
