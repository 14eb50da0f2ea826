from __future__ import annotations

import pytest

from providers.kinds import KINDS
from providers.pasted_values import cleaned_base_url, cleaned_key

KEY = "sk-or-test-0000abcd"


@pytest.mark.parametrize(
    "text",
    [
        *(KEY, f" {KEY}\r\n", f'"{KEY}"', f"OPENAI_API_KEY={KEY}", f"export OPENROUTER_API_KEY='{KEY}'", f"{KEY};"),
        *(f"Bearer {KEY}", f"Authorization: Bearer {KEY}", f"“{KEY}”", f"\ufeff{KEY}\u200b", f"API_KEY: {KEY},"),
    ],
)
def test_it_takes_the_key_out_of_what_was_copied(text: str) -> None:
    assert cleaned_key(text) == KEY


@pytest.mark.parametrize("key", ["", "sk_A=B", "AIzaSy-x_y=", "A_B=", "a b"])
def test_it_leaves_a_key_as_it_is(key: str) -> None:
    assert cleaned_key(key) == key


@pytest.mark.parametrize(
    ("slug", "text", "url"),
    [
        ("ollama", "http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
        ("ollama", "http://127.0.0.1:11434/v1/chat/completions", "http://127.0.0.1:11434/v1"),
        ("ollama", "http://127.0.0.1:11434/api/chat", "http://127.0.0.1:11434/v1"),
        ("vllm", "http://gpu.example/v1/v1/", "http://gpu.example/v1"),
        ("anthropic", "https://proxy.example/anthropic/v1", "https://proxy.example/anthropic"),
        ("anthropic", "https://proxy.example/v1/messages", "https://proxy.example"),
        ("google", "https://proxy.example/google/v1beta/", "https://proxy.example/google"),
        ("mistral", "https://proxy.example/mistral/v1", "https://proxy.example/mistral"),
        ("openai", "https://proxy.example/oai", "https://proxy.example/oai"),
        ("openai", " <https://proxy.example/v1/responses> ".strip(" <>"), "https://proxy.example/v1"),
        ("perplexity", "https://proxy.example/v1", "https://proxy.example/v1"),
        ("openai", '"https://proxy.example/v1"', "https://proxy.example/v1"),
        ("openai", "  ", ""),
        ("ollama", "", ""),
    ],
)
def test_it_returns_the_base_url_that_the_adapter_needs(slug: str, text: str, url: str) -> None:
    assert cleaned_base_url(KINDS[slug], text) == url


def test_it_keeps_the_version_of_an_endpoint() -> None:
    assert cleaned_base_url(None, "https://models.example/v1/chat/completions") == "https://models.example/v1"
