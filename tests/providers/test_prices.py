from __future__ import annotations

from decimal import Decimal

import pytest

from providers.adapters.base import Usage
from providers.capabilities import Capabilities, capabilities_of, is_text_only
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
    ("model", "reasoning", "vision"),
    [
        ("gpt-4o", False, True),
        ("gpt-4o-mini", False, True),
        ("gpt-5.4-nano", True, True),
        ("gpt-5-chat-latest", False, True),
        ("o3-mini", True, False),
        ("o4-mini", True, True),
        ("gpt-3.5-turbo", False, False),
        ("claude-opus-5-5", True, True),
        ("anthropic/claude-opus-5.5", True, True),
        ("claude-3-5-haiku-latest", False, True),
        ("claude-3-7-sonnet-latest", True, True),
        ("gemini-2.0-flash", False, True),
        ("gemini-3.8-flash", True, True),
        ("mistral-large-4", True, True),
        ("mistral-nemo", False, False),
        ("grok-4-1-fast-non-reasoning", False, True),
        ("grok-4.7", True, True),
        ("deepseek-reasoner", True, False),
        ("deepseek-v3.2", True, False),
        ("llama-3.3-70b-versatile", False, False),
        ("meta-llama/llama-4-scout-17b-16e-instruct", False, True),
        ("qwen3-32b", True, False),
        ("demo-thinker", True, True),
        ("demo-swift", False, True),
    ],
)
def test_it_knows_the_capabilities_of_a_model_by_its_name(model: str, reasoning: bool, vision: bool) -> None:
    assert capabilities_of(model) == Capabilities(reasoning, vision)


@pytest.mark.parametrize(
    "model",
    [
        *("gpt-3.5-turbo", "gpt-4", "openai/gpt-oss-120b", "o3-mini", "claude-2", "mistral-nemo", "codestral-2508"),
        *("mixtral-8x7b", "deepseek-chat", "deepseek/deepseek-r1:free", "accounts/fireworks/models/deepseek-v3p2"),
        *("llama-3.3-70b-versatile", "meta-llama/llama-3.1-8b-instruct", "command-r-plus", "grok-3-mini", "qwq-32b"),
        *("qwen/qwen3-coder", "moonshotai/kimi-k2-instruct", "minimax/minimax-m2", "z-ai/glm-4.6", "llama3.2"),
    ],
)
def test_it_knows_the_text_only_models(model: str) -> None:
    assert is_text_only(model)
    assert not capabilities_of(model).vision


@pytest.mark.parametrize(
    "model",
    [
        *("gpt-4o", "gpt-4-turbo", "gpt-4.1-mini", "gpt-6-luna", "o1", "claude-3-haiku-20240307", "gemma-3-27b-it"),
        *("llama-3.2-11b-vision-instruct", "qwen/qwen2.5-vl-72b-instruct", "llama-4-scout", "minimax-m3", "demo-swift"),
        *("amazon/nova-pro-v1", "meta/muse-spark-1.3", "moonshotai/kimi-k2.5", "z-ai/glm-4.6v", "sonar-pro"),
        *("mistral-small-latest", "my-own-model", "m", "minicpm-llama3-v-2.5", ""),
    ],
)
def test_it_counts_no_other_model_as_text_only(model: str) -> None:
    assert not is_text_only(model)
