from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from providers.adapters.base import Usage
from providers.adapters.chat_completions import read_usage
from providers.costs import cost_of
from providers.listed_models import known_model
from providers.model_ref import ModelRef
from providers.models import LanguageModel
from providers.services import delete_key, set_key

THOUSAND_EACH = Usage(input_tokens=1000, output_tokens=1000)


def list_model(model: str, owner: User | None = None, provider: str = "openrouter", **listed: Any) -> None:
    LanguageModel.objects.create(
        provider=provider, model=model, owner=owner, listed=listed, refreshed_at=datetime.now(UTC)
    )


def cost(user: User, model: ModelRef, usage: Usage) -> Decimal | None:
    return cost_of(model, known_model(user, model), usage)


def test_it_knows_the_price_of_a_model_from_the_table(alice: User) -> None:
    assert cost(alice, ModelRef("openai", "gpt-4o"), THOUSAND_EACH) == Decimal("0.0125")


def test_it_takes_the_price_that_a_provider_lists(alice: User) -> None:
    list_model("brand-new", input_price="2", output_price="10")

    assert cost(alice, ModelRef("openrouter", "brand-new"), THOUSAND_EACH) == Decimal("0.012")


def test_the_list_of_a_users_own_key_counts_before_the_servers(alice: User, bob: User) -> None:
    list_model("shared", input_price="2", output_price="10")
    list_model("shared", alice, input_price="1", output_price="1")
    set_key(user=alice, provider="openrouter", api_key="sk-alices-own-key-1111")

    assert cost(alice, ModelRef("openrouter", "shared"), THOUSAND_EACH) == Decimal("0.002")
    assert cost(bob, ModelRef("openrouter", "shared"), THOUSAND_EACH) == Decimal("0.012")


def test_a_list_does_not_outlive_its_key(alice: User) -> None:
    set_key(user=alice, provider="openrouter", api_key="sk-alices-own-key-1111")
    list_model("free-of-charge", alice, input_price="0", output_price="0")
    assert cost(alice, ModelRef("openrouter", "free-of-charge"), THOUSAND_EACH) == 0

    delete_key(user=alice, provider="openrouter")
    list_model("free-of-charge", alice, input_price="0", output_price="0")

    assert cost(alice, ModelRef("openrouter", "free-of-charge"), THOUSAND_EACH) is None


def test_a_changed_price_counts_at_once(alice: User) -> None:
    assert cost(alice, ModelRef("openrouter", "changed"), THOUSAND_EACH) is None

    list_model("changed", input_price="1", output_price="1")

    assert cost(alice, ModelRef("openrouter", "changed"), THOUSAND_EACH) == Decimal("0.002")


def test_the_table_counts_where_the_list_agrees_with_it(alice: User) -> None:
    list_model("gpt-4o", provider="openai", input_price="2.5", output_price="10")
    cached = Usage(1000, 1000, cached_input_tokens=1000)

    assert cost(alice, ModelRef("openai", "gpt-4o"), cached) == Decimal("0.01125")


def test_an_unknown_price_is_what_the_operator_says(alice: User, settings: Settings) -> None:
    unknown = ModelRef("airefinery", "anything")

    assert cost(alice, unknown, THOUSAND_EACH) is None

    settings.UNKNOWN_MODEL_PRICE = Decimal(50)

    assert cost(alice, unknown, THOUSAND_EACH) == Decimal("0.1")


def test_tokens_that_are_written_to_a_cache_cost_more(alice: User) -> None:
    model = ModelRef("anthropic", "claude-haiku-4-5")
    read, written = Usage(10_000, 0, cached_input_tokens=10_000), Usage(10_000, 0, cache_write_tokens=10_000)

    costs = [cost(alice, model, usage) or Decimal(0) for usage in (read, Usage(10_000, 0), written)]

    assert costs == sorted(costs)
    assert len(set(costs)) == 3


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"cost": 0.0123}, Decimal("0.0123")),
        ({"cost": 0.001, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.02}}, Decimal("0.021")),
        ({"cost": 0.02, "is_byok": False, "cost_details": {"upstream_inference_cost": 0.02}}, Decimal("0.02")),
        ({"cost": {"input_tokens_cost": 0.001, "total_cost": 0.409}}, Decimal("0.409")),
        ({"cost_in_usd_ticks": 37_756_000}, Decimal("0.0037756")),
        ({"cost": -1}, None),
        ({"cost": "free"}, None),
        ({"cost": float("inf")}, None),
        ({"cost": True}, None),
        ({}, None),
    ],
)
def test_it_reads_the_cost_that_a_provider_states(stated: dict[str, Any], expected: Decimal | None) -> None:
    assert read_usage({"prompt_tokens": 5, "completion_tokens": 7, **stated}).cost == expected
