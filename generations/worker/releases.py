"""Releases: answers that were held back, because their user may not run more at once, get their turn."""

from __future__ import annotations

import logging

from django.db import DatabaseError, transaction

from accounts.allowances import allowance_of
from accounts.models import User
from generations.limits.open_answers import lock_and_count_open
from generations.models import IS_OPEN, Generation
from generations.worker.control import wake_workers

logger = logging.getLogger(__name__)


def release(user: User) -> int:
    """Let the held-back answers of a user run as far as they may now, and wake the workers; return their number.

    If this fails, the reaper does it later.
    """
    try:
        released = _release(user)
    except DatabaseError as error:
        logger.warning("the next answers of %s cannot be released: %s", user, error)
        return 0
    if released:
        wake_workers()
    return released


def _release(user: User) -> int:
    with transaction.atomic():
        room = allowance_of(user).max_running - lock_and_count_open(user.pk).may_run
        if room <= 0:
            return 0
        held_back = Generation.objects.filter(IS_OPEN, user=user, status=Generation.Status.QUEUED, held_back=True)
        first = held_back.order_by("priority", "current_run", "index").values_list("pk", flat=True)[:room]
        return held_back.filter(pk__in=list(first)).update(held_back=False)
