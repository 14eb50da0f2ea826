from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from core.ciphers import DecryptionError
from providers.models import Endpoint, ProviderKey
from providers.services import set_key

SECRET = "sk-a-very-secret-key-1234"


@pytest.fixture
def key(alice: User) -> ProviderKey:
    set_key(user=alice, provider="openai", api_key=SECRET)
    return ProviderKey.objects.get()


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key FROM providers_providerkey")
        return str(cursor.fetchone()[0])


def test_it_stores_ciphertext_and_reads_plain_text(key: ProviderKey) -> None:
    column = stored()

    assert SECRET not in column
    assert column.startswith("gAAAA")
    assert key.api_key == SECRET


def test_only_the_attribute_contains_the_plain_text(key: ProviderKey) -> None:
    shown = [repr(key), str(key), str(vars(key)), str(list(ProviderKey.objects.values())), str(pickle.dumps(key))]

    assert not any(SECRET in text for text in shown)


def test_it_saves_a_row_that_it_loaded(key: ProviderKey) -> None:
    before = stored()

    key.save()

    assert stored() == before
    assert ProviderKey.objects.get().api_key == SECRET


def test_it_is_dumped_and_loaded_as_it_is_stored(key: ProviderKey, tmp_path: Path) -> None:
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "providers", output=str(dump))
    ProviderKey.objects.all().delete()

    call_command("loaddata", str(dump), verbosity=0)

    assert SECRET not in dump.read_text()
    assert ProviderKey.objects.get().api_key == SECRET


def test_it_leaves_the_empty_text_empty(alice: User) -> None:
    ProviderKey.objects.create(user=alice, provider="ollama", base_url="https://example.org")

    assert stored() == ""
    assert ProviderKey.objects.get().api_key == ""


def test_it_cannot_be_searched(key: ProviderKey) -> None:
    with pytest.raises(FieldError):
        ProviderKey.objects.filter(api_key=SECRET).exists()


def test_it_still_reads_with_an_old_key_behind_a_new_one(key: ProviderKey, settings: Settings) -> None:
    old = list(settings.FIELD_ENCRYPTION_KEYS)
    new = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [new, *old]

    assert ProviderKey.objects.get().api_key == SECRET

    key.api_key = "another-key-5678"
    key.save()
    settings.FIELD_ENCRYPTION_KEYS = [new]

    assert ProviderKey.objects.get().api_key == "another-key-5678"


def test_it_encrypts_all_rows_with_the_new_key(key: ProviderKey, settings: Settings) -> None:
    Endpoint.objects.create(slug="gpu", name="GPU", base_url="http://gpu/v1", api_key="endpoint-secret", hint="…")
    new = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [new, *settings.FIELD_ENCRYPTION_KEYS]

    call_command("rotate_keys", verbosity=0)

    settings.FIELD_ENCRYPTION_KEYS = [new]
    again = ProviderKey.objects.get()
    assert again.api_key == SECRET
    assert again.updated_at == key.updated_at
    assert Endpoint.objects.get().api_key == "endpoint-secret"


def test_it_says_how_many_rows_it_cannot_decrypt(key: ProviderKey, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    before = stored()

    with pytest.raises(CommandError, match="1 stored secrets cannot be read"):
        call_command("rotate_keys", verbosity=0)

    assert stored() == before


def test_an_unreadable_value_fails_when_it_is_read_and_not_in_a_list(key: ProviderKey, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    rows = list(ProviderKey.objects.all())

    assert [row.hint for row in rows] == ["…1234"]
    with pytest.raises(DecryptionError):
        _ = rows[0].api_key
