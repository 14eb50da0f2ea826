"""The kinds of providers.

To add one:

1. Add its entry here. Its settings ``<SLUG>_API_KEY`` and ``<SLUG>_BASE_URL`` and its color follow from it, and
   ``make provider-lists`` writes its name into ``README.md`` and ``docs/configuration.md``.

A vendor with a wire format of its own, other than OpenAI's chat completions, takes two more steps:

2. Write its adapter: a module in ``adapters/`` with the methods of ``Adapter`` in ``adapters/adapter.py``.
3. Add its stand-in, which sends the vendor's real bytes, to ``tests/fake_providers/`` (``formats.py``, ``server.py``),
   and let the vendor's SDK read them in ``tests/providers/adapters/test_oracle.py``.

An endpoint that an administrator adds is not a kind: it has the adapter of the kind that it is said to speak like, else
``OPENAI_COMPATIBLE`` from ``adapters/openai_compatible.py``, and a Target with its name, base URL, key and headers.
"""

from __future__ import annotations

from dataclasses import dataclass

from providers.adapters.adapter import Adapter
from providers.adapters.anthropic import AnthropicAdapter
from providers.adapters.azure import AzureOpenAIAdapter
from providers.adapters.capabilities import ALL_EFFORTS, TO_HIGH, Capabilities, Families, Sampling, Thinking
from providers.adapters.chat_completions import ChatQuirks
from providers.adapters.demo import DemoAdapter
from providers.adapters.fitted_parameters import Limits
from providers.adapters.google import GoogleAdapter
from providers.adapters.mistral import MistralAdapter
from providers.adapters.openai import OpenAIAdapter
from providers.adapters.openai_compatible import OPENAI_COMPATIBLE, OpenAICompatibleAdapter
from providers.colors import color_of

NO_SEED = Limits(lacks=frozenset({"seed"}))
DISABLED = {"thinking": {"type": "disabled"}}
"""The field that switches thinking off at several vendors."""


def _efforts(*rows: tuple[str, tuple[str, ...]]) -> Families:
    return Families(*((pattern, Capabilities(efforts=efforts)) for pattern, efforts in rows))


SONAR = ("sonar", "sonar-pro", "sonar-reasoning-pro", "sonar-deep-research")
PLAIN = ChatQuirks()
NONE_TO_HIGH = ("none", *TO_HIGH)
HOST_EFFORTS = _efforts((r"gpt-oss", TO_HIGH), (r"", NONE_TO_HIGH))
"""Levels that servers of many labs' models take, except that gpt-oss always thinks."""
HOST = ChatQuirks(families=HOST_EFFORTS)
EVERYTHING = Capabilities(
    efforts=tuple(each for each in ALL_EFFORTS if each != "max"),
    sampling=Sampling.ALWAYS,
    max_temperature=2.0,
    either_sampling=False,
)
"""The settings that OpenRouter takes for every model, since it passes on what the model takes."""


@dataclass(frozen=True, slots=True)
class ProviderKind:
    """The properties of a provider that are the same for every user.

    ``base_url`` means what the vendor's own SDK means by it; ``prices`` is the provider's id in genai-prices, if it is
    there; ``key_url`` is the page on which users get a key, ``billing_url`` the one on which they pay; ``local`` marks
    servers that run on the user's own machine and need no key; ``adds_version`` is True if the adapter adds the API's
    version to the base URL. ``shortlist`` has the models to show before the vendor's own list was fetched, if
    genai-prices has no good choice of them. A vendor that gives each customer a base URL of their own has no
    ``base_url``, but the form of one in ``base_url_form``.
    """

    slug: str
    label: str
    adapter: Adapter
    base_url: str
    color: str = ""
    key_url: str = ""
    billing_url: str = ""
    prices: str = ""
    needs_key: bool = True
    local: bool = False
    adds_version: bool = False
    shortlist: tuple[str, ...] = ()
    base_url_form: str = ""

    def __post_init__(self) -> None:
        if not self.color:
            object.__setattr__(self, "color", color_of(self.slug))


LOW_HIGH_MAX = ("low", "high", "max")
SWITCH = ("none", "default")
"""Levels of a vendor that switches thinking on or off."""


def _compatible(
    slug: str,
    label: str,
    base_url: str,
    key_url: str,
    quirks: ChatQuirks = PLAIN,
    *,
    prices: str = "",
) -> ProviderKind:
    """Return a vendor with OpenAI's chat completions and a list of its models at ``/models``."""
    return ProviderKind(slug, label, OpenAICompatibleAdapter(quirks), base_url, key_url=key_url, prices=prices)


OWN_TEMPLATE = ChatQuirks(no_thinking={"chat_template_kwargs": {"enable_thinking": False}}, families=HOST_EFFORTS)
"""The quirks of servers that fill in a model's chat template, which has a variable for thinking."""


def _local(
    slug: str, label: str, color: str, base_url: str, quirks: ChatQuirks, *, loaded_path: str = ""
) -> ProviderKind:
    adapter = OpenAICompatibleAdapter(quirks, loaded_path=loaded_path)
    return ProviderKind(slug, label, adapter, base_url, color, needs_key=False, local=True)


_KINDS = (
    ProviderKind(
        slug="openai",
        label="OpenAI",
        color="#0a7d5f",
        adapter=OpenAIAdapter(),
        base_url="https://api.openai.com/v1",
        key_url="https://platform.openai.com/api-keys",
        billing_url="https://platform.openai.com/settings/organization/billing",
        prices="openai",
    ),
    ProviderKind(
        slug="anthropic",
        label="Anthropic",
        color="#b4532a",
        adapter=AnthropicAdapter(),
        base_url="https://api.anthropic.com",
        key_url="https://platform.claude.com/settings/keys",
        billing_url="https://platform.claude.com/settings/billing",
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
        billing_url="https://admin.mistral.ai/organization/billing",
        prices="mistral",
        adds_version=True,
    ),
    ProviderKind(
        slug="openrouter",
        label="OpenRouter",
        color="#5b4fd6",
        adapter=OpenAICompatibleAdapter(
            ChatQuirks(effort="reasoning.effort", families=Families((r"", EVERYTHING))), key_path="/key"
        ),
        base_url="https://openrouter.ai/api/v1",
        key_url="https://openrouter.ai/settings/keys",
        billing_url="https://openrouter.ai/settings/credits",
        prices="openrouter",
    ),
    ProviderKind(
        slug="xai",
        label="xAI",
        color="#4a5568",
        adapter=OPENAI_COMPATIBLE,
        base_url="https://api.x.ai/v1",
        key_url="https://console.x.ai",
        prices="x-ai",
        shortlist=("grok-4.7", "grok-4.5", "grok-4.3"),
    ),
    ProviderKind(
        slug="deepseek",
        label="DeepSeek",
        color="#3d5afe",
        adapter=OpenAICompatibleAdapter(
            ChatQuirks(
                no_thinking=DISABLED,
                families=_efforts((r"flash|v[4-9]", ("none", "low", "high", "max")), (r"", ())),
                limits=NO_SEED,
            )
        ),
        base_url="https://api.deepseek.com/v1",
        key_url="https://platform.deepseek.com/api_keys",
        billing_url="https://platform.deepseek.com/top_up",
        prices="deepseek",
        shortlist=("deepseek-v4-pro", "deepseek-flash"),
    ),
    ProviderKind(
        slug="groq",
        label="Groq",
        color="#d03a20",
        adapter=OpenAICompatibleAdapter(
            ChatQuirks(
                max_tokens="max_completion_tokens",
                families=_efforts((r"gpt-oss", TO_HIGH), (r"qwen", ("none", "default"))),
            )
        ),
        base_url="https://api.groq.com/openai/v1",
        key_url="https://console.groq.com/keys",
        billing_url="https://console.groq.com/settings/billing",
        prices="groq",
        shortlist=("openai/gpt-oss-120b", "openai/gpt-oss-20b", "qwen/qwen3.8-27b"),
    ),
    ProviderKind(
        slug="together",
        label="Together AI",
        color="#0369a1",
        adapter=OpenAICompatibleAdapter(
            ChatQuirks(no_thinking={"reasoning": {"enabled": False}}, families=HOST_EFFORTS)
        ),
        base_url="https://api.together.xyz/v1",
        key_url="https://api.together.ai/settings/api-keys",
        billing_url="https://api.together.ai/settings/billing",
        prices="together",
    ),
    ProviderKind(
        slug="fireworks",
        label="Fireworks AI",
        color="#7c3aed",
        adapter=OpenAICompatibleAdapter(HOST),
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
        slug="azure",
        label="Azure OpenAI",
        color="#1d5fa8",
        adapter=AzureOpenAIAdapter(),
        base_url="",
        base_url_form="https://NAME.openai.azure.com/openai/v1",
        key_url="https://portal.azure.com",
        prices="azure",
    ),
    ProviderKind(
        slug="cohere",
        label="Cohere",
        color="#2f6b54",
        adapter=OpenAICompatibleAdapter(
            ChatQuirks(limits=Limits(max_temperature=1.0), include_usage=False),
            key_model="command-r7b-12-2024",
            models_path="//v1/models?endpoint=chat&page_size=1000",
        ),
        base_url="https://api.cohere.ai/compatibility/v1",
        key_url="https://dashboard.cohere.com/api-keys",
        prices="cohere",
        shortlist=(
            *("command-a-plus-05-2026", "command-a-reasoning-08-2025", "command-a-vision-07-2025"),
            *("command-a-03-2025", "command-r7b-12-2024"),
        ),
    ),
    ProviderKind(
        slug="perplexity",
        label="Perplexity",
        color="#0e7490",
        adapter=OpenAICompatibleAdapter(
            ChatQuirks(limits=NO_SEED, include_usage=False),
            key_model="sonar",
            models=SONAR,
        ),
        base_url="https://api.perplexity.ai",
        key_url="https://www.perplexity.ai/settings/api",
        prices="perplexity",
        shortlist=SONAR,
    ),
    ProviderKind(
        slug="airefinery",
        label="AI Refinery",
        color="#8e24aa",
        adapter=OPENAI_COMPATIBLE,
        base_url="https://api.airefinery.accenture.com/v1",
        key_url="https://airefinery.accenture.com/portal/api-keys",
    ),
    _compatible(
        "cerebras",
        "Cerebras",
        "https://api.cerebras.ai/v1",
        "https://cloud.cerebras.ai",
        ChatQuirks(max_tokens="max_completion_tokens"),
        prices="cerebras",
    ),
    _compatible("sambanova", "SambaNova", "https://api.sambanova.ai/v1", "https://cloud.sambanova.ai/apis"),
    _compatible(
        "nvidia", "NVIDIA NIM", "https://integrate.api.nvidia.com/v1", "https://build.nvidia.com/settings/api-keys"
    ),
    _compatible(
        "huggingface", "Hugging Face", "https://router.huggingface.co/v1", "https://huggingface.co/settings/tokens"
    ),
    _compatible(
        "novita",
        "Novita AI",
        "https://api.novita.ai/v3/openai",
        "https://novita.ai/settings/key-management",
        prices="novita",
    ),
    _compatible("nebius", "Nebius", "https://api.tokenfactory.nebius.com/v1", "https://tokenfactory.nebius.com"),
    _compatible("ai21", "AI21", "https://api.ai21.com/studio/v1", "https://studio.ai21.com/account/api-key"),
    _compatible(
        "moonshot",
        "Moonshot AI",
        "https://api.moonshot.ai/v1",
        "https://platform.moonshot.ai/console/api-keys",
        ChatQuirks(
            max_tokens="max_completion_tokens",
            no_thinking=DISABLED,
            families=Families(
                (r"kimi-k2-(0|turbo)|kimi-latest", Capabilities(Thinking.NEVER, sampling=Sampling.ALWAYS)),
                (r"kimi-k[3-9]", Capabilities(Thinking.ALWAYS, LOW_HIGH_MAX, sampling=Sampling.NEVER)),
                (r"kimi-k2\.7", Capabilities(Thinking.ALWAYS, (), sampling=Sampling.NEVER)),
                (r"kimi", Capabilities(Thinking.BY_DEFAULT, SWITCH, sampling=Sampling.NEVER)),
            ),
        ),
        prices="moonshotai",
    ),
    _compatible(
        "zai",
        "Z.ai",
        "https://api.z.ai/api/paas/v4",
        "https://z.ai/manage-apikey/apikey-list",
        ChatQuirks(
            no_thinking=DISABLED,
            families=Families(
                (r"glm-(5\.[3-9]|[6-9])", Capabilities(Thinking.ALWAYS, LOW_HIGH_MAX)),
                (r"glm-5\.2", Capabilities(Thinking.BY_DEFAULT, ("none", *LOW_HIGH_MAX))),
                (r"glm-4\.7", Capabilities(Thinking.ALWAYS, ())),
                (r"glm", Capabilities(Thinking.BY_DEFAULT, SWITCH)),
            ),
        ),
        prices="zai",
    ),
    _compatible(
        "qwen",
        "Qwen",
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        "https://modelstudio.console.alibabacloud.com/?tab=playground#/api-key",
        ChatQuirks(
            thinking={"enable_thinking": True},
            no_thinking={"enable_thinking": False},
            families=Families(
                (r"thinking|qwq|qvq", Capabilities(Thinking.ALWAYS, ())),
                (r"qwen-?(3\.[89]|[4-9])", Capabilities(efforts=("none", "low", "medium", "xhigh"))),
                (r"", Capabilities(efforts=SWITCH)),
            ),
        ),
    ),
    _compatible(
        "minimax",
        "MiniMax",
        "https://api.minimax.io/v1",
        "https://platform.minimax.io/user-center/basic-information/interface-key",
        ChatQuirks(families=_efforts((r"", ()))),
        prices="minimax",
    ),
    _compatible(
        "vercel",
        "Vercel AI Gateway",
        "https://ai-gateway.vercel.sh/v1",
        "https://vercel.com/d?to=/[team]/~/ai/api-keys",
    ),
    _compatible("poe", "Poe", "https://api.poe.com/v1", "https://poe.com/api_key"),
    ProviderKind(
        slug="meta",
        label="Meta",
        adapter=OpenAIAdapter(),
        base_url="https://api.meta.ai/v1",
        key_url="https://dev.meta.ai",
        prices="meta",
    ),
    _local("ollama", "Ollama", "#57534e", "http://127.0.0.1:11434/v1", HOST, loaded_path="//api/ps"),
    _local("lmstudio", "LM Studio", "#6d28d9", "http://127.0.0.1:1234/v1", HOST, loaded_path="//api/v0/models"),
    _local("vllm", "vLLM", "#b45309", "http://127.0.0.1:8000/v1", OWN_TEMPLATE),
    _local("llamacpp", "llama.cpp", "#9f1239", "http://127.0.0.1:8080/v1", OWN_TEMPLATE),
    ProviderKind("demo", "Demo", DemoAdapter(), "demo:", "#be185d", needs_key=False),
)
KINDS: dict[str, ProviderKind] = {kind.slug: kind for kind in _KINDS}
