from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import pytest
from django.db import OperationalError, connection

from accounts.models import User
from generations.worker import group_commit
from generations.worker.group_commit import GroupCommit, WriterEnded

pytestmark = pytest.mark.django_db(transaction=True)


class Held:
    """A job that holds the writing thread until it is let go, so that other jobs gather behind it."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.holds = threading.Event()

    def write(self, items: Sequence[None]) -> list[None]:
        self.holds.set()
        assert self.go.wait(10)
        return list(items)


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> Iterator[GroupCommit]:
    monkeypatch.setattr(group_commit, "RETRY_DELAY", 0.01)
    started = GroupCommit(patience=10)
    yield started
    started.stop(10)


@pytest.fixture
def held(writer: GroupCommit) -> Iterator[Held]:
    held = Held()
    writer.submit(held.write, None)
    assert held.holds.wait(10)
    yield held
    held.go.set()


def create_users(names: Sequence[str]) -> list[int]:
    for name in names:
        User.objects.create_user(name, f"{name}@example.org")
    return [len(names)] * len(names)


def test_jobs_that_have_gathered_are_written_together(writer: GroupCommit, held: Held) -> None:
    futures = [writer.submit(create_users, name) for name in ("alice", "bob", "carol")]

    held.go.set()

    assert [future.result(10) for future in futures] == [3, 3, 3]
    assert User.objects.count() == 3


def note_transaction(items: Sequence[object]) -> list[bool]:
    return [connection.in_atomic_block for _ in items]


def test_jobs_that_come_together_share_a_transaction_and_one_alone_has_none(writer: GroupCommit, held: Held) -> None:
    alone = writer.submit(note_transaction, "alone")
    held.go.set()
    assert alone.result(10) is False

    again = Held()
    writer.submit(again.write, None)
    assert again.holds.wait(10)
    others, last = writer.submit(create_users, "alice"), writer.submit(note_transaction, "last")
    again.go.set()

    assert (others.result(10), last.result(10)) == (1, True)


def test_what_follows_a_commit_is_done_in_the_same_thread(writer: GroupCommit) -> None:
    def names(_: int) -> tuple[str, bool]:
        return threading.current_thread().name, connection.in_atomic_block

    assert writer.submit(create_users, "alice", then=names).result(10) == ("writer", False)


def test_a_failure_of_what_follows_a_commit_concerns_only_its_job(writer: GroupCommit, held: Held) -> None:
    def fail(_: int) -> None:
        raise ValueError("broken")

    bad, good = writer.submit(create_users, "alice", then=fail), writer.submit(create_users, "bob")
    held.go.set()

    with pytest.raises(ValueError, match="broken"):
        bad.result(10)
    assert good.result(10) == 2
    assert User.objects.count() == 2


def test_a_job_that_fails_does_not_undo_the_others(writer: GroupCommit, held: Held) -> None:
    good, bad, late = (writer.submit(create_users, name) for name in ("alice", "alice", "bob"))

    held.go.set()

    assert good.result(10) == 1
    assert late.result(10) == 1
    with pytest.raises(Exception, match=r"(?i)unique"):
        bad.result(10)
    assert set(User.objects.values_list("username", flat=True)) == {"alice", "bob"}


def test_jobs_wait_for_a_database_that_is_unavailable(writer: GroupCommit) -> None:
    tries = []

    def write(names: Sequence[str]) -> list[int]:
        tries.append(len(names))
        if len(tries) < 3:
            raise OperationalError("database is locked")
        return create_users(names)

    assert writer.submit(write, "alice").result(10) == 1
    assert User.objects.count() == 1


def test_a_job_that_nobody_waits_for_any_more_is_left_out(writer: GroupCommit, held: Held) -> None:
    left, kept = writer.submit(create_users, "alice"), writer.submit(create_users, "bob")
    left.cancel()

    held.go.set()

    assert kept.result(10) == 1
    assert list(User.objects.values_list("username", flat=True)) == ["bob"]


def test_it_writes_what_was_submitted_before_it_ends(held: Held, writer: GroupCommit) -> None:
    last = writer.submit(create_users, "alice")
    held.go.set()

    writer.stop(10)

    assert last.result(0) == 1


def test_what_comes_after_its_end_is_refused() -> None:
    writer = GroupCommit(patience=1)
    writer.stop(10)

    assert isinstance(writer.submit(lambda items: items, 1).exception(timeout=10), WriterEnded)
