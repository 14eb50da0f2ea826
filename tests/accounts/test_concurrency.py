from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import pytest
from django.db import connections, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.jwt import issue_pair, rotate_pair
from accounts.models import Invitation, User
from accounts.services import create_account
from core.errors import Forbidden, InvalidInput, NotSignedIn
from tests.accounts.conftest import PASSWORD, Api

pytestmark = pytest.mark.django_db(transaction=True)

Work = Callable[[], object]


def signing_up(name: str, invitation: str = "") -> Work:
    return lambda: create_account(User(username=name, email=f"{name}@example.org"), invitation=invitation)


def do_and_hold(work: Work, done: Event, release: Event) -> None:
    try:
        with transaction.atomic():
            work()
            done.set()
            release.wait(10)
    finally:
        connections.close_all()


def do(work: Work) -> None:
    try:
        work()
    finally:
        connections.close_all()


def before_the_first_is_committed(first: Work, second: Work) -> Future[None]:
    done, release = Event(), Event()
    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(do_and_hold, first, done, release)
        assert done.wait(10)
        result = pool.submit(do, second)
        result.add_done_callback(lambda _: release.set())
        release.wait(0.3)
        release.set()
        held.result(10)
        result.exception(10)
    return result


def test_it_makes_only_one_of_two_first_sign_ups_administrator() -> None:
    before_the_first_is_committed(signing_up("first"), signing_up("second")).result()

    assert list(User.objects.filter(is_superuser=True).values_list("username", flat=True)) == ["first"]
    assert User.objects.filter(username="second", is_superuser=False).exists()


def test_it_refuses_the_slower_of_two_first_sign_ups_if_sign_up_is_closed(settings: Settings) -> None:
    settings.SIGNUP = "closed"

    second = before_the_first_is_committed(signing_up("first"), signing_up("second"))

    assert isinstance(second.exception(), Forbidden)
    assert list(User.objects.values_list("username", flat=True)) == ["first"]


def test_it_refuses_the_slower_of_two_users_with_the_same_name() -> None:
    second = before_the_first_is_committed(signing_up("first"), signing_up("FIRST"))

    assert isinstance(second.exception(), InvalidInput)
    assert User.objects.count() == 1


def test_it_serves_many_first_sign_ups_at_once() -> None:
    names = ["anna", "berta", "cora", "dora"]
    start = Barrier(len(names))

    def register(name: str) -> int:
        start.wait(10)
        try:
            body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
            return int(Api()("POST", "auth/register", body).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(names)) as pool:
        statuses = list(pool.map(register, names))

    assert statuses == [201] * len(names)
    assert User.objects.filter(is_superuser=True).count() == 1


def test_it_lets_one_of_two_use_an_invitation(alice: User, settings: Settings) -> None:
    settings.SIGNUP = "invite"
    Invitation.objects.create(token="welcome", expires_at=timezone.now() + timedelta(days=1))

    second = before_the_first_is_committed(signing_up("dora", "welcome"), signing_up("emil", "welcome"))

    assert isinstance(second.exception(), Forbidden)
    assert Invitation.objects.get().used_by == User.objects.get(username="dora")
    assert not User.objects.filter(username="emil").exists()


def test_it_lets_one_of_two_spend_a_refresh_token(alice: User) -> None:
    refresh = issue_pair(alice).refresh

    second = before_the_first_is_committed(lambda: rotate_pair(refresh), lambda: rotate_pair(refresh))

    assert isinstance(second.exception(), NotSignedIn)
