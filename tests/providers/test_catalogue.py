from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from providers.catalogue import CatalogueGroup, CatalogueModel, catalogue, catalogue_groups
from providers.models import Endpoint, LanguageModel
from providers.selectors import model_label, provider_info, provider_infos
from providers.services import refresh_models, set_key
from providers.shortlist import shortlisted_models
from tests.fake_providers import StandIn

OWN = "sk-alices-own-key-1111"


@pytest.fixture(autouse=True)
def _use_stand_ins(vendors_everywhere: StandIn) -> None:
    pass


def catalogue_of(user: User, provider: str) -> list[CatalogueModel]:
    return [model for model in catalogue(user) if model.provider == provider]


def model_ids(user: User, provider: str) -> list[str]:
    return [model.model for model in catalogue_of(user, provider)]


def group(user: User, provider: str) -> CatalogueGroup:
    return next(group for group in catalogue_groups(user) if group.provider == provider)


def list_for_the_server(provider: str, *models: str) -> None:
    LanguageModel.objects.bulk_create(
        LanguageModel(provider=provider, model=model, refreshed_at=datetime.now(UTC)) for model in models
    )


def test_it_shows_the_demo_to_everyone_first(alice: User) -> None:
    models = catalogue(alice)

    assert [(model.model, model.label) for model in models[:3]] == [
        ("demo-swift", "Demo Swift"),
        ("demo-scholar", "Demo Scholar"),
        ("demo-thinker", "Demo Thinker"),
    ]
    assert all(model.available and model.input_price == Decimal(0) for model in models[:3])


def test_it_shows_a_short_list_and_says_why_it_cannot_be_used(alice: User) -> None:
    models = catalogue_of(alice, "openai")

    assert tuple(model.model for model in models) == shortlisted_models("openai")
    assert not any(model.available for model in models)
    assert {model.reason for model in models} == {"No key for OpenAI is set. Add yours under Keys."}
    assert all(model.output_price and model.context_window for model in models)


def test_it_makes_models_available_only_to_the_owner_of_a_key(alice: User, bob: User) -> None:
    set_key(user=alice, provider="openai", api_key=OWN)

    assert all(model.available and model.reason == "" for model in catalogue_of(alice, "openai"))
    assert not any(model.available for model in catalogue_of(bob, "openai"))


def test_it_makes_models_available_with_the_servers_key(alice: User, admin: User, settings: Settings) -> None:
    settings.PROVIDER_API_KEYS = {**settings.PROVIDER_API_KEYS, "openai": "sk-server"}

    assert catalogue_of(admin, "openai")[0].available
    assert not catalogue_of(alice, "openai")[0].available

    settings.SERVER_KEYS = "everyone"

    assert catalogue_of(alice, "openai")[0].available


def test_it_adds_the_models_of_a_users_key_only_for_that_user(alice: User, bob: User) -> None:
    for user in (alice, bob):
        set_key(user=user, provider="openai", api_key=OWN)
    refresh_models(user=alice, provider="openai")

    found = next(model for model in catalogue_of(alice, "openai") if model.model == "gpt-4o")

    assert (found.input_price, found.output_price, found.context_window) == (Decimal("2.5"), Decimal(10), 128_000)
    assert found.vision
    assert "gpt-4o" not in model_ids(bob, "openai")


def test_it_shows_the_models_of_the_servers_key_only_to_users_of_that_key(
    alice: User, admin: User, settings: Settings
) -> None:
    settings.PROVIDER_API_KEYS = {**settings.PROVIDER_API_KEYS, "openai": "sk-server"}
    list_for_the_server("openai", "ft:gpt-4o:our-secret-project")

    assert "ft:gpt-4o:our-secret-project" in model_ids(admin, "openai")
    assert "ft:gpt-4o:our-secret-project" not in model_ids(alice, "openai")

    set_key(user=admin, provider="openai", api_key=OWN)

    assert "ft:gpt-4o:our-secret-project" not in model_ids(admin, "openai")


def test_the_list_of_the_provider_replaces_the_short_list(alice: User, vendors_everywhere: StandIn) -> None:
    set_key(user=alice, provider="openrouter", api_key=OWN)
    first = shortlisted_models("openrouter")[1]
    vendors_everywhere.models["openrouter"] = ["a/first-by-name", first, "z/last"]

    refresh_models(user=alice, provider="openrouter")

    assert model_ids(alice, "openrouter") == [first, "a/first-by-name", "z/last"]


def test_it_shows_what_the_provider_states(alice: User) -> None:
    set_key(user=alice, provider="openrouter", api_key=OWN)
    listed = {"label": "Brand New", "context_window": 5000, "input_price": "1.5", "output_price": "3"}
    LanguageModel.objects.create(
        provider="openrouter",
        model="lab/brand-new",
        owner=alice,
        listed={**listed, "thinking": "BY_DEFAULT", "images": True},
        refreshed_at=datetime.now(UTC),
    )

    (model,) = catalogue_of(alice, "openrouter")

    assert (model.label, model.context_window) == ("Brand New", 5000)
    assert (model.input_price, model.output_price) == (Decimal("1.5"), Decimal(3))
    assert model.reasoning
    assert model.vision


def test_a_refresh_keeps_what_an_administrator_wrote(alice: User, vendors_everywhere: StandIn) -> None:
    vendors_everywhere.models["google"] = ["gemini-3.6-flash"]
    set_key(user=alice, provider="google", api_key=OWN)
    refresh_models(user=alice, provider="google")
    LanguageModel.objects.update(label="Ours", listed={"label": "Old"})

    refresh_models(user=alice, provider="google")

    row = LanguageModel.objects.get(owner=alice)
    assert (row.label, row.listed["context_window"]) == ("Ours", 1_048_576)
    assert catalogue_of(alice, "google")[0].label == "Ours"


@pytest.mark.parametrize(
    ("provider", "gone"),
    [
        ("anthropic", "claude-mythos"),
        ("xai", "grok-4-1-fast"),
        ("groq", "llama-4-maverick"),
        ("groq", "kimi-k2"),
        ("deepseek", "deepseek-v3"),
    ],
)
def test_it_offers_no_model_that_a_new_user_cannot_use(provider: str, gone: str) -> None:
    assert shortlisted_models(provider)
    assert not [model for model in shortlisted_models(provider) if gone in model]


def test_it_suggests_a_refresh_if_it_knows_no_models(alice: User) -> None:
    ollama, airefinery = group(alice, "ollama"), group(alice, "airefinery")

    assert ollama.models == []
    assert "press Refresh" in ollama.reason
    assert ollama.can_refresh
    assert airefinery.reason == "No key for AI Refinery is set. Add yours under Keys."
    assert not airefinery.can_refresh


def test_it_shows_the_models_of_a_local_server_to_everyone_after_a_refresh(alice: User, bob: User) -> None:
    refresh_models(user=alice, provider="ollama")

    assert model_ids(bob, "ollama") == ["model-a", "model-b"]
    assert catalogue_of(bob, "ollama")[0].output_price == Decimal(0)
    assert group(bob, "ollama").usable


def test_it_shows_the_enabled_endpoints(alice: User, vendors: StandIn) -> None:
    Endpoint.objects.create(slug="gpu", name="Our GPU", base_url=vendors.base_url("gpu"), color="#123456")
    Endpoint.objects.create(slug="old", name="Old", base_url=vendors.base_url("old"), enabled=False)
    list_for_the_server("old", "model-z")

    refresh_models(user=alice, provider="gpu")

    assert [(model.model, model.color, model.available) for model in catalogue_of(alice, "gpu")] == [
        ("model-a", "#123456", True),
        ("model-b", "#123456", True),
    ]
    assert catalogue_of(alice, "old") == []


def test_it_shows_the_label_and_window_that_an_administrator_wrote(alice: User) -> None:
    list_for_the_server("ollama", "model-a")
    LanguageModel.objects.update(label="Our own", context_window=4096)

    model = catalogue_of(alice, "ollama")[0]

    assert (model.label, model.context_window) == ("Our own", 4096)


def test_it_takes_four_queries_for_any_number_of_models(alice: User) -> None:
    set_key(user=alice, provider="openai", api_key=OWN)
    list_for_the_server("ollama", *(f"model-{number}" for number in range(50)))
    Endpoint.objects.create(slug="gpu", name="Our GPU", base_url="http://gpu/v1")

    with CaptureQueriesContext(connection) as queries:
        catalogue(alice)

    assert len(queries) == 4


def test_it_gives_a_model_an_unambiguous_label() -> None:
    assert model_label("openai", "gpt-5") == "GPT-5"
    assert model_label("openai", "gpt-5-2025-08-07") == "gpt-5-2025-08-07"
    assert model_label("nobody", "gpt-5") == "gpt-5"


def test_it_shows_a_provider_that_is_gone_by_its_slug(db: None) -> None:
    Endpoint.objects.create(slug="old", name="Old one", base_url="http://old/v1", color="#123456", enabled=False)

    with CaptureQueriesContext(connection) as queries:
        infos = provider_infos(["openai", "old", "gone"])

    assert [infos[slug].label for slug in ("openai", "old", "gone")] == ["OpenAI", "Old one", "gone"]
    assert provider_info("old").color == "#123456"
    assert len(queries) == 1
