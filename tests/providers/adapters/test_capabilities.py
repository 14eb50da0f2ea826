from __future__ import annotations

import pytest

from providers.adapters.capabilities import capabilities_of


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
        ("gemini-pro-latest", True, True),
        ("gemini-pro", False, True),
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
        ("Qwen/Qwen3-Coder-480B-A35B", False, False),
        ("us.anthropic.claude-opus-4-6-v1", True, True),
        ("ft:gpt-4.1:our-company::id", False, True),
        ("demo-swift", False, True),
    ],
)
def test_it_knows_the_capabilities_of_a_model_by_its_name(model: str, reasoning: bool, vision: bool) -> None:
    known = capabilities_of(model)

    assert (known.reasons, known.images is True) == (reasoning, vision)


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
    assert capabilities_of(model).images is False


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
    assert capabilities_of(model).images is not False


@pytest.mark.parametrize(
    ("model", "most"),
    [
        ("claude-3-opus-latest", 4096),
        ("claude-3-5-sonnet-20241022", 8192),
        ("claude-3-7-sonnet-latest", 64_000),
        ("claude-opus-4-20250514", 32_000),
        ("claude-opus-4-1-20250805", 32_000),
        ("claude-opus-4-5-20251101", 64_000),
        ("claude-sonnet-4-20250514", 64_000),
        ("anthropic/claude-sonnet-4.5", 64_000),
        ("claude-opus-4-6", 128_000),
        ("claude-haiku-5-5", 128_000),
        ("gemini-2.0-flash", 8192),
        ("gemini-2.5-pro", 65_536),
        ("gpt-5.6", None),
    ],
)
def test_it_knows_how_much_a_model_writes(model: str, most: int | None) -> None:
    assert capabilities_of(model).max_output == most
