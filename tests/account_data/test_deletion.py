from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import orjson
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import Client
from redis import Redis
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from account_data.deletion import delete_account
from accounts.api_tokens import create_api_token
from accounts.jwt import issue_pair, rotate_pair, user_of_access_token
from accounts.models import FirstAccount, User
from accounts.services import create_account
from comparisons.services import vote
from core.errors import Conflict, InvalidInput, NotSignedIn, TooManyRequests
from core.redis_clients import thread_client
from generations.log import event_log
from generations.log.event_log import Writer
from generations.models import Generation
from providers.models import ProviderKey
from providers.services import set_key
from tests.account_data.conftest import PASSWORD, Person
from tests.images.test_services import files
from tests.security.owned_rows import rows_of
from tests.support.log_entries import append_entry


def make_administrator(*people: Person) -> None:
    User.objects.filter(pk__in=[person.user.pk for person in people]).update(is_staff=True, is_superuser=True)


def fill(person: Person) -> None:
    """Create one object of each kind that can belong to a user."""
    person.say("one", images=[person.upload_image()])
    compared = person.compare("Which is best?", images=[person.upload_image()])
    person.upload_image()
    vote(user=person.user, turn=compared.turn, verdict="tie")
    set_key(user=person.user, provider="openai", api_key="sk-nightjar-0123456789")
    create_api_token(person.user, name="notebook")
    rotate_pair(issue_pair(person.user).refresh)
    EmailAddress.objects.create(user=person.user, email=person.user.email)
    TOTP.activate(person.user, generate_totp_secret())
    Client().force_login(person.user)


def test_it_deletes_everything_of_the_user_and_nothing_of_others(
    alice: Person, bob: Person, redis: Redis, uploads: Path
) -> None:
    fill(bob)
    theirs = files(uploads)
    fill(alice)
    before, access = rows_of(bob.user), issue_pair(alice.user).access
    logs = set(redis.scan_iter(f"{settings.REDIS_PREFIX}:topic:*"))

    delete_account(user=alice.user, password=PASSWORD)

    assert list(User.objects.all()) == [bob.user]
    assert rows_of(bob.user) == before
    assert files(uploads) == theirs
    assert Session.objects.count() == OutstandingToken.objects.count() == BlacklistedToken.objects.count() == 1
    assert set(ProviderKey.objects.values_list("user", flat=True)) == {bob.user.pk}
    assert len(set(redis.scan_iter(f"{settings.REDIS_PREFIX}:topic:*"))) == len(logs) // 2
    with pytest.raises(NotSignedIn):
        user_of_access_token(access)


def test_it_stops_running_answers_and_closes_the_log_to_workers(alice: Person, redis: Redis) -> None:
    started = alice.begin("one")
    waiting = alice.begin("two")
    lease = uuid.uuid4()
    running = Generation.objects.filter(pk=started.state.generations[0].pk)
    running.update(status=Generation.Status.STREAMING, lease=lease)
    topic, writer = started.conversation.topic, Writer(started.state.generations[0].pk, str(lease))
    append_entry(topic, {"kind": "text", "text": "Once"}, writer)
    subscription: Any = redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    subscription.subscribe(f"{settings.REDIS_PREFIX}:control")
    subscription.get_message(timeout=5)

    delete_account(user=alice.user, password=PASSWORD)

    message = subscription.get_message(timeout=5)
    assert message is not None
    assert orjson.loads(message["data"]) == {"stop": [[started.state.generations[0].pk, str(lease)]]}
    assert append_entry(topic, {"kind": "text", "text": " upon"}, writer) is None
    assert event_log.read_now(thread_client(), topic).entries == []
    assert event_log.read_now(thread_client(), waiting.conversation.topic).entries == []
    assert not Generation.objects.exists()


def test_it_requires_the_password(alice: Person) -> None:
    alice.say("one")

    for wrong in ("", "wrong", PASSWORD.upper(), "a\x00b"):
        with pytest.raises(InvalidInput, match="password is wrong"):
            delete_account(user=alice.user, password=wrong)

    assert Generation.objects.count() == 1


def test_it_limits_guesses(alice: Person) -> None:
    for _ in range(10):
        with pytest.raises(InvalidInput):
            delete_account(user=alice.user, password="wrong")

    with pytest.raises(TooManyRequests):
        delete_account(user=alice.user, password=PASSWORD)


def test_it_keeps_the_last_administrator_while_there_are_others(alice: Person, bob: Person) -> None:
    make_administrator(alice)

    with pytest.raises(Conflict, match="only administrator"):
        delete_account(user=alice.user, password=PASSWORD)
    make_administrator(bob)
    delete_account(user=alice.user, password=PASSWORD)

    assert list(User.objects.all()) == [bob.user]


def test_an_administrator_who_may_not_sign_in_does_not_count(alice: Person, bob: Person) -> None:
    make_administrator(alice, bob)
    User.objects.filter(pk=bob.user.pk).update(is_active=False)

    with pytest.raises(Conflict):
        delete_account(user=alice.user, password=PASSWORD)


def test_of_two_administrators_who_leave_at_once_one_stays(alice: Person, bob: Person) -> None:
    make_administrator(alice, bob)
    User.objects.create_user("carol", "carol@example.org", PASSWORD)
    start = Barrier(2)

    def leave(person: Person) -> str:
        start.wait(10)
        try:
            delete_account(user=person.user, password=PASSWORD)
        except Conflict:
            return "refused"
        finally:
            connections.close_all()
        return "gone"

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(leave, (alice, bob)))

    assert sorted(ends) == ["gone", "refused"]
    assert User.objects.filter(is_superuser=True).count() == 1


def test_the_next_user_is_administrator_once_all_have_left(alice: Person) -> None:
    make_administrator(alice)
    FirstAccount.objects.create(user=alice.user)

    delete_account(user=alice.user, password=PASSWORD)
    newcomer = User(username="dora", email="dora@example.org")
    create_account(newcomer)

    assert newcomer.is_superuser


def test_the_next_user_is_no_administrator_while_others_remain(alice: Person, bob: Person) -> None:
    FirstAccount.objects.create(user=alice.user)

    delete_account(user=alice.user, password=PASSWORD)
    newcomer = User(username="dora", email="dora@example.org")
    create_account(newcomer)

    assert not newcomer.is_superuser
    assert FirstAccount.objects.get().user is None
