"""The threads in which a web process imports archives; nothing else waits for them."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import BoundedSemaphore

from django.db import connections
from django.http import HttpRequest

from account_data.services import ImportResult, import_archive
from account_data.upload import archive_bytes
from accounts.models import User
from core.errors import Unavailable

AT_ONCE = 2
MOST_WAITING = 4
"""The imports that may wait for a thread, each with its upload in memory or in a file."""
BUSY = "Many archives are being imported at the moment. Nothing was imported; try again in a minute."
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="imports")
_places = BoundedSemaphore(AT_ONCE + MOST_WAITING)


def start_import(request: HttpRequest, user: User) -> Future[ImportResult]:
    """Have a thread import the uploaded archive; raises Unavailable if too many wait already.

    The result raises the errors of ``archive_bytes`` and ``import_archive``.
    """
    if not _places.acquire(blocking=False):
        raise Unavailable(BUSY, retry_after=60)
    future = _threads.submit(copy_context().run, _import, request, user)
    future.add_done_callback(lambda _: _places.release())
    return future


def _import(request: HttpRequest, user: User) -> ImportResult:
    try:
        return import_archive(user=user, data=archive_bytes(request, user))
    finally:
        connections.close_all()
