"""One thread that writes for all answers of a worker: what has come since its last commit is written together.

So the cost of a commit is shared under load, and a worker never fights with itself for SQLite's one lock.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from functools import partial
from typing import Any, NamedTuple, TypeVar

from django.db import connections, transaction

from core.async_db import with_connection
from core.errors import UNAVAILABLE_ERRORS

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")
Write = Callable[[Sequence[Item]], Sequence[Result]]
RETRY_DELAY = 1.0
MOST_AT_ONCE = 200
"""Jobs in one transaction."""


class WriterEnded(RuntimeError):
    """The thread has ended, so that nothing is written any more."""


class _Job(NamedTuple):
    write: Callable[[Sequence[Any]], Sequence[Any]]
    item: Any
    future: Future[Any]
    then: Callable[[Any], Any]


class GroupCommit:
    """The writing thread; ``submit`` may be called from any thread or loop.

    If a job fails, the others of its transaction are done again without it. While the database is unavailable, all jobs
    wait, for at most ``patience`` seconds each time.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._hurry = self._ended = False
        self._ending = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(
        self,
        write: Write[Item, Result],
        item: Item,
        then: Callable[[Result], Any] = lambda result: result,
    ) -> Future[Any]:
        """Have ``write`` called with this item among others, and return the future of what ``then`` makes of its
        result in the same thread, after the commit.

        Jobs that have come together share a transaction. One that comes alone has none unless ``write`` begins it. The
        exception of the future is ``WriterEnded`` once the thread has ended.
        """
        future: Future[Result] = Future()
        with self._ending:
            if self._ended:
                future.set_exception(WriterEnded())
            else:
                self._jobs.put(_Job(write, item, future, then))
        return future

    def stop(self, timeout: float) -> None:
        """Write what was submitted, and end the thread; an unavailable database is not waited for any more."""
        self._hurry = True
        self._jobs.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                jobs, ended = self._more(job)
                # A job that nobody waits for any more is left out; from here on it cannot be canceled.
                self._commit([each for each in jobs if each.future.set_running_or_notify_cancel()])
                if ended:
                    return
        finally:
            connections.close_all()
            self._refuse_more()

    def _refuse_more(self) -> None:
        with self._ending:
            self._ended = True
            while not self._jobs.empty():
                if (job := self._jobs.get()) is not None and job.future.set_running_or_notify_cancel():
                    job.future.set_exception(WriterEnded())

    def _more(self, first: _Job) -> tuple[list[_Job], bool]:
        jobs = [first]
        while len(jobs) < MOST_AT_ONCE:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
        return jobs, False

    def _commit(self, jobs: Sequence[_Job]) -> None:
        if not jobs:
            return
        try:
            results = self._written(jobs)
        except Exception as error:
            if len(jobs) > 1 and not isinstance(error, UNAVAILABLE_ERRORS):
                logger.exception("one of %d writes failed; each is done alone now", len(jobs))
                for job in jobs:
                    self._commit([job])
                return
            for job in jobs:
                job.future.set_exception(error)
            return
        for job, result in results:
            try:
                job.future.set_result(with_connection(partial(job.then, result)))
            except Exception as error:
                job.future.set_exception(error)

    def _written(self, jobs: Sequence[_Job]) -> list[tuple[_Job, Any]]:
        """Do the jobs, all or none, waiting for the database if it is unavailable."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return with_connection(lambda: _write(jobs))
            except UNAVAILABLE_ERRORS as error:
                if self._hurry or time.monotonic() > deadline:
                    raise
                logger.warning("%d writes wait for the database: %s", len(jobs), error)
                time.sleep(RETRY_DELAY)


def _write(jobs: Sequence[_Job]) -> list[tuple[_Job, Any]]:
    results: list[tuple[_Job, Any]] = []
    with transaction.atomic() if len(jobs) > 1 else nullcontext():
        for write in dict.fromkeys(job.write for job in jobs):
            same = [job for job in jobs if job.write == write]
            results += zip(same, write([job.item for job in same]), strict=True)
    return results
