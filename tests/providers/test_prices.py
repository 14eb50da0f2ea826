from __future__ import annotations

from decimal import Decimal

import pytest

from providers.adapters.base import Usage
from providers.prices import context_window, list_price, price
from providers.shortlist import shortlisted_models

THOUSAND_EACH = Usage(input_tokens=1000, output_tokens=1000)


def test_it_prices_a_call() -> None:
    assert price("openai", "gpt-4o", THOUSAND_EACH) == Decimal("0.0125")
    assert price("openai", "gpt-4o-2024-11-20", THOUSAND_EACH) == Decimal("0.0125")


def test_it_prices_cached_input_by_its_own_rate() -> None:
    assert price("openai", "gpt-4o", Usage(1000, 1000, cached_input_tokens=1000)) == Decimal("0.01125")
    assert price("openai", "gpt-4o", Usage(1000, 1000, cached_input_tokens=5000)) == Decimal("0.01125")


def test_it_counts_reasoning_as_output_once() -> None:
    assert price("openai", "gpt-5", Usage(0, 1000, reasoning_tokens=900)) == price("openai", "gpt-5", Usage(0, 1000))


@pytest.mark.parametrize("provider", ["demo", "ollama", "vllm"])
def test_it_charges_nothing_for_the_demo_and_local_servers(provider: str) -> None:
    assert price(provider, "anything", THOUSAND_EACH) == Decimal(0)


@pytest.mark.parametrize(
    ("provider", "model"), [("openai", "gpt-99-unheard-of"), ("airefinery", "gpt-4o"), ("an-endpoint", "gpt-4o")]
)
def test_it_has_no_price_for_an_unknown_model(provider: str, model: str) -> None:
    assert price(provider, model, THOUSAND_EACH) is None
    assert context_window(provider, model) is None
    assert list_price(provider, model).input is None


def test_it_knows_the_context_window() -> None:
    assert context_window("openai", "gpt-4o") == 128_000
    assert context_window("anthropic", "claude-haiku-4-5-20251001") == 200_000


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google", "mistral", "openrouter", "xai", "deepseek"])
def test_it_shortlists_a_few_priced_chat_models(provider: str) -> None:
    models = shortlisted_models(provider)

    assert 2 <= len(models) <= 8
    assert len(set(models)) == len(models)
    assert all(list_price(provider, model).output for model in models)
    assert not any(
        word in model for model in models for word in ("embed", "image", "tts", "audio", "search", "whisper")
    )


def test_it_shortlists_the_newest_model_of_each_family() -> None:
    models = shortlisted_models("anthropic")

    assert len([model for model in models if "opus" in model]) == 1
    assert not any("claude-3" in model or "claude-2" in model for model in models)


def test_it_shortlists_ids_that_the_provider_accepts() -> None:
    assert all(model.startswith("accounts/fireworks/models/") for model in shortlisted_models("fireworks"))
    assert all("/" in model for model in shortlisted_models("openrouter"))


@pytest.mark.parametrize(
    ("provider", "model", "window"),
    [
        ("google", "gemini-3.1-pro-preview", 1_048_576),
        ("google", "gemini-2.5-pro", 1_048_576),
        ("cohere", "command-a-03-2025", 256_000),
        ("zai", "GLM-4.5-Air", 128_000),
        ("fireworks", "accounts/fireworks/models/glm-5p3", 1_000_000),
        ("vllm", "somebodys-own-model", None),
    ],
)
def test_it_knows_context_windows_that_the_price_table_lacks(provider: str, model: str, window: int | None) -> None:
    assert context_window(provider, model) == window
