from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from providers.list_refreshes import refresh_lists
from providers.models import Endpoint, LanguageModel, ProviderKey, hint_of
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
