"""The cleanup, which a worker does once a day (``daily.py``)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.utils import timezone

logger = logging.getLogger(__name__)


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
    from account_data.imports.remains import delete_remains
    from accounts.audit import delete_old_entries
    from conversations.tasks import purge_discarded

    return {
        "sessions": import_module(settings.SESSION_ENGINE).SessionStore.clear_expired,
        "refresh tokens": _delete_spent_tokens,
        "discarded chats and images that were never sent": purge_discarded,
        "remains of imports that were killed": delete_remains,
        "the audit trail": delete_old_entries,
    }


def _delete_spent_tokens() -> None:
    """Delete refresh tokens that were used or revoked, once they would have expired anyway."""
    from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

    OutstandingToken.objects.filter(expires_at__lte=timezone.now()).delete()
