from __future__ import annotations

import copy
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from account_data.imports import slices
from account_data.imports.remains import ABANDONED_AFTER, delete_remains
from account_data.imports.slices import MOST_CHARACTERS, MOST_ROWS, Piece
from account_data.services import Counts
from comparisons.models import Comparison
from comparisons.selectors import user_comparison, user_comparisons
from conversations.models import Conversation
from conversations.selectors import user_conversation, user_conversations
from core.errors import Conflict, NotFound
from generations.models import Run
from tests.account_data.conftest import Json, Person, without_ids
from tests.images.test_services import files
from tests.security.row_counts import MODELS, nothing_created


class KilledError(BaseException):
    """The end of a process in the middle of an import."""


@contextmanager
def before_each_commit(do: Callable[[], object]) -> Iterator[None]:
    """Call ``do`` once in each transaction of the block, after its first statement."""
    seen: set[int] = set()

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if connection.in_atomic_block and not connection.run_on_commit:
            transaction.on_commit(lambda: None)
            seen.add(len(seen))
            do()
        return result

    with connection.execute_wrapper(watch):
        yield


def row_count() -> int:
    return sum(model._default_manager.count() for model in MODELS)


def long_chat(archive: Json, exchanges: int) -> Json:
    """Return the archive with a chat of so many exchanges, each of which follows the one before."""
    chat = archive["conversations"][0]
    prompt, answer = chat["messages"]
    chat["messages"], last = [], None
    for _ in range(exchanges):
        first, second = copy.deepcopy(prompt), copy.deepcopy(answer)
        first |= {"id": str(uuid.uuid4()), "parent_id": last}
        second |= {"id": str(uuid.uuid4()), "parent_id": first["id"]}
        second["answer"]["id"] = str(uuid.uuid4())
        chat["messages"] += [first, second]
        last = second["id"]
    chat["leaf_id"] = last
    return archive


@pytest.fixture
def archive(alice: Person) -> Json:
    """An archive with a chat of 80 exchanges, and a comparison, all with an image."""
    image = alice.upload_image()
    alice.say("one", images=[image])
    alice.compare_on(alice.compare("Which is best?", images=[image]), "And why?")
    return long_chat(alice.export(), 80)


def test_slices_are_bounded_by_rows_and_by_characters() -> None:
    many = [Piece([object()] * 3) for _ in range(MOST_ROWS)]
    long = [Piece([object()], MOST_CHARACTERS // 2) for _ in range(5)]
    larger = [Piece([object()]), Piece([object()], 3 * MOST_CHARACTERS), Piece([object()])]

    counts = [sum(len(piece.rows) for piece in each) for each in slices.slices(many)]

    assert max(counts) <= MOST_ROWS
    assert sum(counts) == 3 * MOST_ROWS
    assert [len(each) for each in slices.slices(long)] == [2, 2, 1]
    assert [len(each) for each in slices.slices(larger)] == [1, 1, 1]


def test_it_writes_an_archive_in_transactions_of_bounded_size(bob: Person, archive: Json) -> None:
    counts = [row_count()]

    with before_each_commit(lambda: counts.append(row_count())):
        bob.import_json(archive)
    counts.append(row_count())

    written = [after - before for before, after in pairwise(counts)]
    assert sum(written) > 3 * 80
    assert max(written) <= MOST_ROWS
    assert without_ids(bob.export()) == without_ids(archive)


def test_nothing_is_shown_before_all_of_it_is_there(bob: Person, archive: Json) -> None:
    chat, comparison = archive["conversations"][0]["id"], archive["comparisons"][0]["id"]
    archive["conversations"][0]["id"] = archive["comparisons"][0]["id"] = str(uuid.uuid4())
    shown = []

    def look() -> None:
        shown.append(
            (
                user_conversations(bob.user).count() + user_comparisons(bob.user).count(),
                Conversation.objects.filter(user=bob.user).count(),
            )
        )

    with before_each_commit(look):
        bob.import_json(archive)

    assert {number for number, _ in shown} == {0}
    assert max(hidden for _, hidden in shown) == 3
    assert user_conversations(bob.user).count() == user_comparisons(bob.user).count() == 1
    assert {chat, comparison}.isdisjoint(
        str(each) for each in Conversation.objects.filter(user=bob.user).values_list("public_id", flat=True)
    )


def stopped(person: Person, archive: Json, error: BaseException, after: int) -> None:
    """Import the archive, with an error in a transaction after so many."""
    count = 0

    def stop() -> None:
        nonlocal count
        count += 1
        if count == after:
            raise error

    with before_each_commit(stop), pytest.raises(type(error)):
        person.import_json(archive)


@pytest.mark.parametrize("after", [1, 2, 3])
def test_an_import_that_fails_halfway_leaves_nothing(bob: Person, archive: Json, uploads: Path, after: int) -> None:
    before = files(uploads)

    with nothing_created():
        stopped(bob, archive, RuntimeError("halfway"), after)
        Run.objects.filter(topic__startswith="import.").delete()

    assert files(uploads) == before
    assert bob.import_json(archive).counts["conversations"] == Counts(1, 0)
    assert without_ids(bob.export()) == without_ids(archive)


def killed(person: Person, archive: Json, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Import the archive in a process that is killed in a transaction after so many."""
    with monkeypatch.context() as patch:
        patch.setattr("account_data.services.delete_unpublished", lambda *_: None)
        stopped(person, archive, KilledError(), after)


def test_what_a_killed_import_leaves_is_hidden_and_deleted_later(
    bob: Person, archive: Json, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(uploads)

    with nothing_created():
        killed(bob, archive, monkeypatch, 3)
        left = Conversation.objects.filter(user=bob.user)
        assert left.exists()
        assert not user_conversations(bob.user).exists()
        assert bob.export()["conversations"] == bob.export()["comparisons"] == bob.export()["images"] == []
        for each in left:
            with pytest.raises(NotFound):
                user_conversation(bob.user, each.public_id)
        for comparison in Comparison.objects.filter(user=bob.user):
            with pytest.raises(NotFound):
                user_comparison(bob.user, comparison.public_id)

        delete_remains()
        assert left.exists()
        long_ago = timezone.now() - ABANDONED_AFTER - timedelta(minutes=1)
        for model in (Conversation, Comparison):
            model._default_manager.exclude(incomplete_since=None).update(incomplete_since=long_ago)
        delete_remains()

    assert files(uploads) == before


def test_an_import_succeeds_beside_the_remains_of_one_that_was_killed(
    bob: Person, archive: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(bob, archive, monkeypatch, 3)

    counts = bob.import_json(archive).counts

    assert counts["conversations"] == counts["comparisons"] == Counts(1, 0)
    Conversation.objects.exclude(incomplete_since=None).update(incomplete_since="2020-01-01T00:00:00Z")
    Comparison.objects.exclude(incomplete_since=None).update(incomplete_since="2020-01-01T00:00:00Z")
    delete_remains()
    assert without_ids(bob.export()) == without_ids(archive)


def test_an_import_whose_rows_are_deleted_meanwhile_is_refused(bob: Person, archive: Json) -> None:
    count = 0

    def delete() -> None:
        nonlocal count
        count += 1
        if count == 4:
            Conversation.objects.filter(user=bob.user).delete()

    with before_each_commit(delete), pytest.raises(Conflict):
        bob.import_json(archive)

    assert not Conversation.objects.filter(user=bob.user).exists()
    assert not Comparison.objects.filter(user=bob.user).exists()
