from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connections
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.jwt import issue_pair, rotate_pair
from accounts.models import Action, AuditEntry, User
from conversations import tasks
from images.models import Image
from images.services import store_image
from llmselect_project.cleanup import clean_up
from llmselect_project.daily import CLEANING, do_if_due
from tests.images.samples import encoded
from tests.support import wait
from tests.support.live import Live

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = timedelta(days=1000)


@pytest.fixture(autouse=True)
def _own_cache(own_cache: None, uploads: Path) -> None:
    """Each test has its own cache and uploads."""


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", "alice@example.org")


def create_rows(alice: User) -> None:
    """Create two rows of each kind that is cleaned up: one that is old, and one that is not."""
    now = timezone.now()
    for number, expires in enumerate((now - LONG_AGO, now + LONG_AGO)):
        Session.objects.create(session_key=f"session-{number}", session_data="x", expire_date=expires)
    for _ in range(2):
        rotate_pair(issue_pair(alice).refresh)
        store_image(user=alice, file=ContentFile(encoded("PNG")))
        AuditEntry.objects.create(action=Action.KEY_SET, user=alice)
    for model, field in ((OutstandingToken, "expires_at"), (Image, "created_at"), (AuditEntry, "at")):
        first = model._default_manager.order_by("pk").values("pk")[:1]
        model._default_manager.filter(pk__in=list(first.values_list("pk", flat=True))).update(**{field: now - LONG_AGO})


def row_counts() -> list[int]:
    models = (Session, OutstandingToken, BlacklistedToken, Image, AuditEntry)
    return [model._default_manager.count() for model in models]


def test_it_deletes_old_rows_and_nothing_else(alice: User, uploads: Path) -> None:
    create_rows(alice)
    before = row_counts()

    clean_up()

    assert (before, row_counts()) == ([2] * 5, [1] * 5)
    assert Session.objects.get().session_key == "session-1"
    assert len([path for path in uploads.rglob("*") if path.is_file()]) == 1


def test_it_cleans_up_once_a_day_with_many_workers() -> None:
    done, start = [], Barrier(8)

    def look(_: int) -> bool:
        start.wait(10)
        try:
            return do_if_due(CLEANING, lambda: done.append("now"))
        finally:
            cache.close()
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        turns = list(pool.map(look, range(8)))

    assert sorted(turns) == [False] * 7 + [True]
    assert done == ["now"]


def test_a_part_that_fails_does_not_delay_others_and_is_tried_again(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_rows(alice)

    def broken() -> None:
        raise OSError("the folder of uploads is missing")

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "delete_unsent_images", broken)
        with pytest.raises(RuntimeError, match="not cleaned up: discarded chats"):
            do_if_due(CLEANING, clean_up)
    after_failing = row_counts()

    assert after_failing == [1, 1, 1, 2, 1]
    assert do_if_due(CLEANING, clean_up)
    assert row_counts() == [1] * 5
    assert not do_if_due(CLEANING, clean_up)


def test_a_worker_cleans_up_by_itself(live: Live) -> None:
    code = (
        "from django.core.cache import cache; from django.contrib.sessions.models import Session; "
        "from django.utils import timezone; cache.delete('cleaning'); "
        "Session.objects.create(session_key='old', session_data='x', expire_date=timezone.now())"
    )
    count = (
        "from django.contrib.sessions.models import Session; print(Session.objects.filter(session_key='old').count())"
    )
    live.stop_worker()
    live.manage("django", "shell", "--command", code)

    live.start_worker()

    live.wait_until_ready()
    wait.until(
        lambda: live.manage("django", "shell", "--verbosity", "0", "--command", count).strip() == "0",
        "The worker does not clean up",
    )
