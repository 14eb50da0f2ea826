from __future__ import annotations

import logging

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from core.errors import InvalidInput, NotFound
from providers import services
from providers.adapters.base import ErrorCode, ProviderError
from providers.kinds import KINDS
from providers.models import Endpoint, LanguageModel, ProviderKey
from providers.selectors import resolve_target
from tests.fake_providers import StandIn

OWN, SERVERS = "sk-alices-own-key-1111", "sk-the-servers-key-2222"
ELSEWHERE = "https://1.1.1.1/v1"


@pytest.fixture(autouse=True)
def _use_stand_ins(vendors_everywhere: StandIn) -> None:
    pass


def give_the_server_a_key(settings: Settings, *, provider: str = "openai", users: str = "administrators") -> None:
    settings.PROVIDER_API_KEYS = {**settings.PROVIDER_API_KEYS, provider: SERVERS}
    settings.SERVER_KEYS = users


def test_it_stores_a_key_and_shows_its_end(alice: User) -> None:
    key = services.set_key(user=alice, provider="openai", api_key=f"  {OWN}\n")

    assert ProviderKey.objects.get().api_key == OWN
    assert key.hint == "…1111"


@pytest.mark.parametrize(("text", "hint"), [("abcdefghijk", "…"), ("abcdefghijkl", "…ijkl")])
def test_it_shows_nothing_of_a_short_key(alice: User, text: str, hint: str) -> None:
    assert services.set_key(user=alice, provider="openai", api_key=text).hint == hint


def test_it_replaces_a_key_and_its_base_url_together(alice: User) -> None:
    services.set_key(user=alice, provider="openai", api_key=OWN, base_url=ELSEWHERE)
    services.set_key(user=alice, provider="openai", api_key="sk-a-newer-key-3333")

    key = ProviderKey.objects.get()

    assert (key.api_key, key.hint, key.base_url) == ("sk-a-newer-key-3333", "…3333", "")


@pytest.mark.parametrize(
    ("provider", "api_key", "base_url", "field"),
    [
        ("openai", "", "", "api_key"),
        ("openai", "   ", "", "api_key"),
        ("openai", "", ELSEWHERE, "api_key"),
        ("openai", "sk-with space", "", "api_key"),
        ("openai", "sk-line\nbreak", "", "api_key"),
        ("openai", "sk-ключ", "", "api_key"),
        ("openai", "x" * 1001, "", "api_key"),
        ("openai", OWN, "http://127.0.0.1:1/v1", "base_url"),
        ("openai", OWN, "not a url", "base_url"),
        ("ollama", "", "", "base_url"),
        ("demo", OWN, "", "provider"),
        ("gpu", OWN, "", "provider"),
    ],
)
def test_it_refuses_bad_input_and_stores_nothing(
    alice: User, provider: str, api_key: str, base_url: str, field: str
) -> None:
    Endpoint.objects.create(slug="gpu", name="GPU", base_url="http://gpu/v1")

    with pytest.raises(InvalidInput) as refusal:
        services.set_key(user=alice, provider=provider, api_key=api_key, base_url=base_url)

    assert list(refusal.value.fields or {}) == [field]
    assert not ProviderKey.objects.exists()


def test_it_does_not_find_an_unknown_provider(alice: User) -> None:
    for call in (services.test_key, services.refresh_models, services.delete_key):
        with pytest.raises(NotFound):
            call(user=alice, provider="nobody")
    with pytest.raises(NotFound):
        services.set_key(user=alice, provider="nobody", api_key=OWN)
    with pytest.raises(NotFound):
        resolve_target(alice, "nobody")


def test_it_lets_an_administrator_use_a_private_address(admin: User, alice: User) -> None:
    services.set_key(user=admin, provider="ollama", api_key="", base_url="http://127.0.0.1:11434/v1")
    services.set_key(user=alice, provider="ollama", api_key="", base_url=ELSEWHERE)

    assert resolve_target(admin, "ollama").target.guarded is False
    assert resolve_target(alice, "ollama").target.guarded is True


def test_it_guards_a_private_address_once_its_user_is_no_administrator(admin: User, vendors: StandIn) -> None:
    services.set_key(user=admin, provider="openai", api_key=OWN, base_url=vendors.base_url("openai"))
    as_administrator = services.test_key(user=admin, provider="openai")
    admin.is_staff = False
    admin.save()

    result = services.test_key(user=admin, provider="openai")

    assert as_administrator.ok
    assert (result.ok, result.code) == (False, ErrorCode.PERMISSION_DENIED)


def test_it_prefers_the_users_key_to_the_servers(alice: User, settings: Settings) -> None:
    give_the_server_a_key(settings, users="everyone")
    before = resolve_target(alice, "openai")

    services.set_key(user=alice, provider="openai", api_key=OWN)

    after = resolve_target(alice, "openai")
    assert (before.target.api_key, before.key_source) == (SERVERS, "server")
    assert (after.target.api_key, after.key_source) == (OWN, "user")
    assert after.target.base_url == settings.PROVIDER_BASE_URLS["openai"]
    assert after.target.guarded is False


def test_it_keeps_the_servers_key_for_administrators(alice: User, admin: User, settings: Settings) -> None:
    give_the_server_a_key(settings)

    with pytest.raises(ProviderError) as refusal:
        resolve_target(alice, "openai")

    assert refusal.value.code is ErrorCode.NO_API_KEY
    assert refusal.value.message == "No key for OpenAI is set. Add yours under Keys."
    assert resolve_target(admin, "openai").key_source == "server"


def test_it_never_sends_the_servers_key_to_a_users_base_url(alice: User, settings: Settings) -> None:
    give_the_server_a_key(settings, provider="vllm", users="everyone")
    services.set_key(user=alice, provider="vllm", api_key="", base_url=ELSEWHERE)

    target = resolve_target(alice, "vllm").target

    assert (target.base_url, target.api_key) == (ELSEWHERE, "")


def test_it_never_uses_one_users_key_for_another(alice: User, bob: User) -> None:
    services.set_key(user=alice, provider="openai", api_key=OWN)

    with pytest.raises(ProviderError):
        resolve_target(bob, "openai")
    with pytest.raises(NotFound):
        services.delete_key(user=bob, provider="openai")

    assert ProviderKey.objects.get().user == alice


@pytest.mark.parametrize("provider", [slug for slug, kind in KINDS.items() if not kind.needs_key])
def test_it_needs_no_key_for_local_servers(alice: User, provider: str) -> None:
    resolved = resolve_target(alice, provider)

    assert resolved.key_source is None
    assert resolved.target.api_key == ""


def test_it_resolves_a_target_with_one_query(alice: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        resolve_target(alice, "demo")

    assert len(queries) == 1


def test_it_asks_for_a_new_key_if_the_stored_one_is_unreadable(alice: User, settings: Settings) -> None:
    services.set_key(user=alice, provider="openai", api_key=OWN)
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    result = services.test_key(user=alice, provider="openai")

    assert not result.ok
    assert "Enter it again" in result.message


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google", "mistral", "openrouter", "together"])
def test_it_says_that_a_key_was_accepted(alice: User, provider: str) -> None:
    services.set_key(user=alice, provider=provider, api_key=OWN)

    result = services.test_key(user=alice, provider=provider)

    assert result == services.KeyTest(ok=True, message=f"{KINDS[provider].label} accepted your key.")


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google", "mistral", "openrouter", "together"])
def test_it_says_that_a_key_was_refused_and_logs_it_without_the_key(
    alice: User, provider: str, caplog: pytest.LogCaptureFixture
) -> None:
    services.set_key(user=alice, provider=provider, api_key="sk-refused-key-9999")
    caplog.set_level(logging.DEBUG)

    result = services.test_key(user=alice, provider=provider)

    assert (result.ok, result.code) == (False, ErrorCode.INVALID_API_KEY)
    assert result.message == f"The key for {KINDS[provider].label} was refused. Check it under Keys."
    assert "HTTP 40" in caplog.text
    assert "sk-refused-key-9999" not in caplog.text


def test_it_says_whose_key_it_tested(admin: User, alice: User, settings: Settings) -> None:
    give_the_server_a_key(settings)

    assert services.test_key(user=admin, provider="openai").message == "OpenAI accepted the server's key."
    assert services.test_key(user=alice, provider="openai").code is ErrorCode.NO_API_KEY
    assert services.test_key(user=alice, provider="ollama").message == "Ollama responded."


def test_it_stores_the_models_of_a_users_key_for_that_user(alice: User) -> None:
    services.set_key(user=alice, provider="openai", api_key=OWN)

    models = services.refresh_models(user=alice, provider="openai")

    assert [model.id for model in models] == ["gpt-4o", "gpt-5.6"]
    assert set(LanguageModel.objects.values_list("model", "owner")) == {("gpt-4o", alice.pk), ("gpt-5.6", alice.pk)}


def test_it_follows_the_providers_list_and_keeps_the_labels_of_administrators(
    admin: User, settings: Settings, vendors: StandIn
) -> None:
    give_the_server_a_key(settings)
    services.refresh_models(user=admin, provider="openai")
    LanguageModel.objects.filter(model="gpt-4o").update(label="The old one")
    vendors.models["openai"] = ["gpt-4o", "gpt-7"]

    services.refresh_models(user=admin, provider="openai")

    del vendors.models["openai"]
    assert not LanguageModel.objects.exclude(owner=None).exists()
    assert set(LanguageModel.objects.values_list("model", "label")) == {("gpt-4o", "The old one"), ("gpt-7", "")}


def test_it_leaves_out_ids_that_cannot_be_stored_or_shown(alice: User, vendors: StandIn) -> None:
    vendors.models["ollama"] = ["good", "bad\x00one", "x" * 201, "two\nlines"]

    models = services.refresh_models(user=alice, provider="ollama")

    del vendors.models["ollama"]
    assert [model.id for model in models] == ["good"]
    assert LanguageModel.objects.get().model == "good"


def test_it_keeps_the_known_models_when_the_provider_fails(alice: User) -> None:
    services.set_key(user=alice, provider="openai", api_key=OWN)
    services.refresh_models(user=alice, provider="openai")
    services.set_key(user=alice, provider="openai", api_key="sk-refused-key-9999")

    with pytest.raises(ProviderError) as refusal:
        services.refresh_models(user=alice, provider="openai")

    assert refusal.value.code is ErrorCode.INVALID_API_KEY
    assert LanguageModel.objects.count() == 2


def test_it_deletes_the_models_with_the_key(alice: User, bob: User) -> None:
    for user in (alice, bob):
        services.set_key(user=user, provider="openai", api_key=OWN)
        services.refresh_models(user=user, provider="openai")

    services.delete_key(user=alice, provider="openai")

    assert set(LanguageModel.objects.values_list("owner", flat=True)) == {bob.pk}
    assert set(ProviderKey.objects.values_list("user", flat=True)) == {bob.pk}
