from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from core.async_db import in_thread
from providers import list_refreshes
from providers.adapters.adapter import Adapter
from providers.adapters.base import ListedModel, Target
from providers.list_refreshes import refresh_lists
from providers.models import Endpoint, LanguageModel, ProviderKey, hint_of
from providers.services import store_models
from tests.fake_providers import StandIn

pytestmark = pytest.mark.django_db(transaction=True)
REFUSED = "sk-refused-key-9999"


@pytest.fixture(autouse=True)
def _server(vendors_everywhere: StandIn, settings: Settings) -> None:
    settings.PROVIDER_API_KEYS |= {"anthropic": "sk-of-the-server-0001"}


def give_key(user: User, provider: str, api_key: str = "sk-a-key-of-a-user", *, used: bool = True) -> None:
    ProviderKey.objects.create(
        user=user,
        provider=provider,
        api_key=api_key,
        hint=hint_of(api_key),
        first_used_at=timezone.now() if used else None,
    )


def stored() -> set[tuple[str, str]]:
    rows = LanguageModel.objects.values_list("provider", "owner__username").distinct()
    return {(provider, owner or "") for provider, owner in rows}


def test_it_stores_the_lists_of_the_server_of_endpoints_and_of_used_keys(
    vendors_everywhere: StandIn, alice: User
) -> None:
    Endpoint.objects.create(slug="gpu", name="GPU", base_url=vendors_everywhere.base_url("vllm"))
    Endpoint.objects.create(slug="off", name="Off", base_url=vendors_everywhere.base_url("vllm"), enabled=False)
    gone = User.objects.create_user("gone", "gone@example.org", is_active=False)
    give_key(alice, "openai")
    give_key(alice, "mistral", used=False)
    give_key(gone, "openai")

    count = refresh_lists()

    assert {("anthropic", ""), ("ollama", ""), ("gpu", ""), ("openai", "alice")} <= stored()
    assert not {each for each in stored() if each[0] in ("mistral", "off") or each[1] == "gone"}
    assert count == len(stored())


def test_a_list_that_cannot_be_fetched_stays(alice: User) -> None:
    give_key(alice, "openai", REFUSED)
    LanguageModel.objects.create(provider="openai", owner=alice, model="gpt-old", refreshed_at=timezone.now())

    refresh_lists()

    assert [row.model for row in LanguageModel.objects.filter(owner=alice)] == ["gpt-old"]
    assert ("anthropic", "") in stored()


def test_the_command_says_how_many_lists_it_stored() -> None:
    out = StringIO()

    call_command("refresh_models", stdout=out)

    assert out.getvalue() == f"Stored {len(stored())} lists of models.\n"


def test_one_bad_list_does_not_keep_the_others_from_being_refreshed(
    vendors_everywhere: StandIn, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def store(provider: str, owner: User | None, listed: list[ListedModel]) -> list[ListedModel]:
        if owner is not None:
            raise ValueError("a list that the database does not take")
        return store_models(provider, owner, listed)

    monkeypatch.setattr(list_refreshes, "store_models", store)
    give_key(alice, "openai")

    assert refresh_lists() == len(stored())
    assert ("anthropic", "") in stored()
    assert ("openai", "alice") not in stored()


def test_it_stores_nothing_for_a_key_that_was_deleted_meanwhile(
    vendors_everywhere: StandIn, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_key(alice, "openai")

    async def slow(adapter: Adapter, target: Target) -> list[ListedModel]:
        await in_thread(ProviderKey.objects.all().delete)
        return [ListedModel("gpt-x")]

    monkeypatch.setattr(list_refreshes, "models_of", slow)
    monkeypatch.setattr(list_refreshes, "server_targets", lambda: iter(()))

    assert refresh_lists() == 0
    assert stored() == set()
