from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.utils import decrypt
from cryptography.fernet import Fernet
from django.db import connection, connections, transaction
from pytest_django import Settings

from accounts.models import User
from core.encrypted_field import Ciphertext
from providers import key_rotation
from providers.key_rotation import Reencryption, rotate_keys
from providers.models import Endpoint, ProviderKey
from providers.services import set_key

SLUGS = ("openai", "anthropic", "google", "mistral", "openrouter", "xai", "deepseek", "groq")


def new_key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def keys(settings: Settings) -> list[str]:
    """The old encryption key and a new one; ``keys.reverse()`` puts the new one first."""
    settings.FIELD_ENCRYPTION_KEYS = [settings.FIELD_ENCRYPTION_KEYS[0], new_key()]
    keys: list[str] = settings.FIELD_ENCRYPTION_KEYS
    return keys


def stored(user: User) -> dict[str, str]:
    return {key.provider: key.api_key for key in ProviderKey.objects.filter(user=user)}


def test_it_reencrypts_second_factors(alice: User, keys: list[str], settings: Settings) -> None:
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    codes = RecoveryCodes.activate(alice).get_unused_codes()
    keys.reverse()

    result = rotate_keys()

    settings.FIELD_ENCRYPTION_KEYS = keys[:1]
    kept = {row.type: row for row in Authenticator.objects.all()}
    assert result == Reencryption(done=2, current=2)
    assert decrypt(kept["totp"].data["secret"]) == secret
    assert kept["recovery_codes"].wrap().get_unused_codes() == codes


def test_it_continues_after_an_interruption(
    alice: User, keys: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for slug in SLUGS:
        set_key(user=alice, provider=slug, api_key=f"sk-of-{slug}-0123456789")
    keys.reverse()
    numbers = count()

    def breaks(stored: Ciphertext) -> Ciphertext:
        if next(numbers) == 5:
            raise KeyboardInterrupt
        return stored.reencrypt()

    with monkeypatch.context() as patch:
        patch.setattr(key_rotation, "_reencrypted_text", breaks)
        with pytest.raises(KeyboardInterrupt):
            rotate_keys()
    meanwhile = stored(alice)

    assert rotate_keys() == Reencryption(done=len(SLUGS) - 5, current=len(SLUGS))
    assert rotate_keys() == Reencryption(done=0, current=len(SLUGS))
    settings.FIELD_ENCRYPTION_KEYS = keys[:1]
    assert stored(alice) == meanwhile == {slug: f"sk-of-{slug}-0123456789" for slug in SLUGS}


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
def test_it_never_overwrites_a_key_that_is_saved_meanwhile(alice: User, keys: list[str], settings: Settings) -> None:
    set_key(user=alice, provider="openai", api_key="sk-before-0123456789")
    keys.reverse()
    saved, go_on = Event(), Event()

    def save() -> None:
        try:
            with transaction.atomic():
                set_key(user=alice, provider="openai", api_key="sk-after-0123456789")
                saved.set()
                go_on.wait(10)
        finally:
            connections.close_all()

    def rotate() -> Reencryption:
        try:
            return rotate_keys()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        saving = pool.submit(save)
        assert saved.wait(10)
        rotating = pool.submit(rotate)
        wait_for_a_lock()
        go_on.set()
        saving.result(10)
        assert rotating.result(10).unreadable == 0

    settings.FIELD_ENCRYPTION_KEYS = keys[:1]
    assert stored(alice) == {"openai": "sk-after-0123456789"}


def wait_for_a_lock() -> None:
    """Wait until the rotation is blocked by the row that is being saved."""
    with connection.cursor() as cursor:
        for _ in range(10_000):
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchone()[0]:
                return
    pytest.fail("no query waits for a lock")


@pytest.mark.django_db(transaction=True)
def test_everything_stays_readable_while_it_runs_and_users_save_keys(
    alice: User, bob: User, keys: list[str], settings: Settings
) -> None:
    for user in (alice, bob):
        for slug in SLUGS:
            set_key(user=user, provider=slug, api_key=f"sk-0-{slug}-0123456789")
    Endpoint.objects.create(slug="gpu", name="GPU", base_url="http://gpu/v1", api_key="endpoint-secret", hint="…")
    keys.reverse()
    done = Event()

    def save(user: User) -> int:
        """Save and read keys until the rotation is done; return the number of the last round."""
        number = 0
        try:
            while not done.is_set():
                number += 1
                for slug in SLUGS:
                    set_key(user=user, provider=slug, api_key=f"sk-{number}-{slug}-0123456789")
                assert all(text.startswith("sk-") for each in (alice, bob) for text in stored(each).values())
        finally:
            connections.close_all()
        return number

    with ThreadPoolExecutor(2) as pool:
        savers = [pool.submit(save, user) for user in (alice, bob)]
        try:
            results = [rotate_keys() for _ in range(5)]
        finally:
            done.set()
        last = [saver.result(60) for saver in savers]

    settings.FIELD_ENCRYPTION_KEYS = keys[:1]
    assert [result.unreadable for result in results] == [0] * 5
    assert [result.done for result in results[1:]] == [0] * 4
    for user, number in zip((alice, bob), last, strict=True):
        assert stored(user) == {slug: f"sk-{number}-{slug}-0123456789" for slug in SLUGS}
    assert Endpoint.objects.get().api_key == "endpoint-secret"


def test_it_reencrypts_rows_that_a_process_with_the_old_key_writes_meanwhile(
    alice: User, keys: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = keys
    set_key(user=alice, provider="openai", api_key="sk-before-0123456789")
    first_round = key_rotation._round

    def with_a_straggler() -> Reencryption:
        monkeypatch.setattr(key_rotation, "_round", first_round)
        result = first_round()
        settings.FIELD_ENCRYPTION_KEYS = [old, new]
        set_key(user=alice, provider="mistral", api_key="sk-straggler-0123456789")
        settings.FIELD_ENCRYPTION_KEYS = [new, old]
        return result

    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    monkeypatch.setattr(key_rotation, "_round", with_a_straggler)

    assert rotate_keys() == Reencryption(done=2, current=2)
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert stored(alice) == {"openai": "sk-before-0123456789", "mistral": "sk-straggler-0123456789"}
