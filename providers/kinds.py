"""The kinds of providers.

To add one:

1. Add its entry here. Its settings ``<SLUG>_API_KEY`` and ``<SLUG>_BASE_URL`` follow from it.
2. Add its name to ``README.md``, ``docs/configuration.md`` and ``tests/providers/test_kinds.py``.

A vendor with a wire format of its own, other than OpenAI's chat completions, takes two more steps:

3. Write its adapter: a module in ``adapters/`` with the methods of ``Adapter`` in ``adapters/adapter.py``.
4. Add its stand-in, which sends the vendor's real bytes, to ``tests/fake_providers/`` (``formats.py``, ``server.py``),
   and let the vendor's SDK read them in ``tests/providers/adapters/test_oracle.py``.

An endpoint that an administrator adds is not a kind: it is ``OPENAI_COMPATIBLE`` from ``adapters/openai_compatible.py``
with a Target that has its name, base URL and key.
"""

from __future__ import annotations

from dataclasses import dataclass

from providers.adapters.adapter import Adapter
from providers.adapters.anthropic import AnthropicAdapter
from providers.adapters.chat_completions import ChatQuirks
from providers.adapters.demo import DemoAdapter
from providers.adapters.google import GoogleAdapter
from providers.adapters.mistral import MistralAdapter
from providers.adapters.openai import OpenAIAdapter
from providers.adapters.openai_compatible import OPENAI_COMPATIBLE, OpenAICompatibleAdapter

FROM_LOW = {"minimal": "low"}
"""For vendors that have no effort below low."""


@dataclass(frozen=True, slots=True)
class ProviderKind:
    """The properties of a provider that are the same for every user.

    ``base_url`` means what the vendor's own SDK means by it; ``prices`` is the provider's id in genai-prices, if it is
    there; ``key_url`` is the page on which users get a key; ``local`` marks servers that run on the user's own machine
    and need no key; ``adds_version`` is True if the adapter adds the API's version to the base URL.
    """

    slug: str
    label: str
    color: str
    adapter: Adapter
    base_url: str
    key_url: str = ""
    prices: str = ""
    needs_key: bool = True
    local: bool = False
    adds_version: bool = False


def _local(slug: str, label: str, color: str, base_url: str) -> ProviderKind:
    return ProviderKind(slug, label, color, OPENAI_COMPATIBLE, base_url, needs_key=False, local=True)


_KINDS = (
    ProviderKind(
        slug="openai",
        label="OpenAI",
        color="#0a7d5f",
        adapter=OpenAIAdapter(),
        base_url="https://api.openai.com/v1",
        key_url="https://platform.openai.com/api-keys",
        prices="openai",
    ),
    ProviderKind(
        slug="anthropic",
        label="Anthropic",
        color="#b4532a",
        adapter=AnthropicAdapter(),
        base_url="https://api.anthropic.com",
        key_url="https://platform.claude.com/settings/keys",
        prices="anthropic",
        adds_version=True,
    ),
    ProviderKind(
        slug="google",
        label="Google",
        color="#1a66d6",
        adapter=GoogleAdapter(),
        base_url="https://generativelanguage.googleapis.com",
        key_url="https://aistudio.google.com/apikey",
        prices="google",
        adds_version=True,
    ),
    ProviderKind(
        slug="mistral",
        label="Mistral",
        color="#c2410c",
        adapter=MistralAdapter(),
        base_url="https://api.mistral.ai",
        key_url="https://console.mistral.ai/api-keys",
        prices="mistral",
        adds_version=True,
    ),
    ProviderKind(
        slug="openrouter",
        label="OpenRouter",
        color="#5b4fd6",
        adapter=OpenAICompatibleAdapter(ChatQuirks(effort="reasoning.effort"), key_path="/key"),
        base_url="https://openrouter.ai/api/v1",
        key_url="https://openrouter.ai/settings/keys",
        prices="openrouter",
    ),
    ProviderKind(
        slug="xai",
        label="xAI",
        color="#4a5568",
        adapter=OpenAICompatibleAdapter(ChatQuirks(efforts=FROM_LOW)),
        base_url="https://api.x.ai/v1",
        key_url="https://console.x.ai",
        prices="x-ai",
    ),
    ProviderKind(
        slug="deepseek",
        label="DeepSeek",
        color="#3d5afe",
        adapter=OpenAICompatibleAdapter(ChatQuirks(seed=None, efforts=FROM_LOW)),
        base_url="https://api.deepseek.com/v1",
        key_url="https://platform.deepseek.com/api_keys",
        prices="deepseek",
    ),
    ProviderKind(
        slug="groq",
        label="Groq",
        color="#d03a20",
        adapter=OpenAICompatibleAdapter(ChatQuirks(max_tokens="max_completion_tokens", efforts=FROM_LOW)),
        base_url="https://api.groq.com/openai/v1",
        key_url="https://console.groq.com/keys",
        prices="groq",
    ),
    ProviderKind(
        slug="together",
        label="Together AI",
        color="#0369a1",
        adapter=OpenAICompatibleAdapter(ChatQuirks(efforts=FROM_LOW)),
        base_url="https://api.together.xyz/v1",
        key_url="https://api.together.ai/settings/api-keys",
        prices="together",
    ),
    ProviderKind(
        slug="fireworks",
        label="Fireworks AI",
        color="#7c3aed",
        adapter=OpenAICompatibleAdapter(ChatQuirks(efforts=FROM_LOW)),
        base_url="https://api.fireworks.ai/inference/v1",
        key_url="https://app.fireworks.ai/settings/users/api-keys",
        prices="fireworks",
    ),
    ProviderKind(
        slug="deepinfra",
        label="DeepInfra",
        color="#0f766e",
        adapter=OpenAICompatibleAdapter(key_model="meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo"),
        base_url="https://api.deepinfra.com/v1/openai",
        key_url="https://deepinfra.com/dash/api_keys",
    ),
    ProviderKind(
        slug="cohere",
        label="Cohere",
        color="#2f6b54",
        adapter=OpenAICompatibleAdapter(
            key_model="command-r7b-12-2024", models=("command-a-03-2025", "command-r7b-12-2024")
        ),
        base_url="https://api.cohere.ai/compatibility/v1",
        key_url="https://dashboard.cohere.com/api-keys",
        prices="cohere",
    ),
    ProviderKind(
        slug="perplexity",
        label="Perplexity",
        color="#0e7490",
        adapter=OpenAICompatibleAdapter(
            ChatQuirks(seed=None, include_usage=False),
            key_model="sonar",
            models=("sonar", "sonar-pro", "sonar-reasoning-pro", "sonar-deep-research"),
        ),
        base_url="https://api.perplexity.ai",
        key_url="https://www.perplexity.ai/settings/api",
        prices="perplexity",
    ),
    ProviderKind(
        slug="airefinery",
        label="AI Refinery",
        color="#8e24aa",
        adapter=OPENAI_COMPATIBLE,
        base_url="https://api.airefinery.accenture.com/v1",
        key_url="https://airefinery.accenture.com/portal/api-keys",
    ),
    _local("ollama", "Ollama", "#57534e", "http://127.0.0.1:11434/v1"),
    _local("lmstudio", "LM Studio", "#6d28d9", "http://127.0.0.1:1234/v1"),
    _local("vllm", "vLLM", "#b45309", "http://127.0.0.1:8000/v1"),
    _local("llamacpp", "llama.cpp", "#9f1239", "http://127.0.0.1:8080/v1"),
    ProviderKind(slug="demo", label="Demo", color="#be185d", adapter=DemoAdapter(), base_url="demo:", needs_key=False),
)
KINDS: dict[str, ProviderKind] = {kind.slug: kind for kind in _KINDS}
