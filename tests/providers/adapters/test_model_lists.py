from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from providers.adapters.base import ListedModel
from providers.adapters.capabilities import Capabilities, Thinking
from providers.adapters.model_lists import listed_models
from providers.kinds import KINDS
from providers.listed_models import decode, encode
from tests.fake_providers import StandIn
from tests.providers.adapters.calls import target_of

OPENROUTER = {
    "id": "anthropic/claude-opus-5.5",
    "name": "Anthropic: Claude Opus 5.5",
    "context_length": 1_000_000,
    "architecture": {"input_modalities": ["text", "image", "file"], "output_modalities": ["text"]},
    "pricing": {"prompt": "0.000005", "completion": "0.000025", "request": "0"},
    "top_provider": {"context_length": 1_000_000, "max_completion_tokens": 128_000},
    "supported_parameters": ["max_tokens", "reasoning", "stop"],
    "reasoning": {"mandatory": True, "supported_efforts": ["max", "xhigh", "high", "medium", "low"]},
    "expiration_date": None,
}
TOGETHER = {
    "id": "Qwen/Qwen3.8-27B",
    "type": "chat",
    "display_name": "Qwen 3.8 27B",
    "context_length": 262_144,
    "pricing": {"input": 0.2, "output": 0.6, "base": 0},
}
GROQ = {"id": "llama-3.3-70b", "active": True, "context_window": 131_072, "max_completion_tokens": 32_768}
DEEPINFRA = {
    "id": "zai-org/GLM-5.3",
    "metadata": {
        "context_length": 202_752,
        "pricing": {"input_tokens": 0.6, "output_tokens": 2.2},
        "tags": ["reasoning", "vision"],
    },
}
FIREWORKS = {
    "id": "accounts/fireworks/models/x",
    "context_length": 8192,
    "supports_chat": True,
    "supports_image_input": True,
}
VERCEL = {
    "id": "xai/grok-4.7",
    "name": "Grok 4.7",
    "type": "language",
    "pricing": {"input": "0.000002", "output": "0.00001"},
}
VLLM = {"id": "my-model", "object": "model", "max_model_len": 32_768}
LLAMACPP = {"id": "gemma.gguf", "meta": {"n_ctx_train": 131_072}}


def listed(**fields: Any) -> ListedModel:
    capabilities = {
        name: fields.pop(name) for name in ("thinking", "efforts", "images", "lacks", "max_output") if name in fields
    }
    return ListedModel(**fields, capabilities=Capabilities(**capabilities))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            OPENROUTER,
            listed(
                id="anthropic/claude-opus-5.5",
                label="Anthropic: Claude Opus 5.5",
                context_window=1_000_000,
                input_price=Decimal(5),
                output_price=Decimal(25),
                thinking=Thinking.ALWAYS,
                efforts=("low", "medium", "high", "xhigh", "max"),
                images=True,
                lacks=frozenset({"temperature", "top_p", "seed"}),
                max_output=128_000,
            ),
        ),
        (
            TOGETHER,
            listed(
                id="Qwen/Qwen3.8-27B",
                label="Qwen 3.8 27B",
                context_window=262_144,
                input_price=Decimal("0.2"),
                output_price=Decimal("0.6"),
            ),
        ),
        (GROQ, listed(id="llama-3.3-70b", context_window=131_072, max_output=32_768)),
        (
            DEEPINFRA,
            listed(
                id="zai-org/GLM-5.3",
                context_window=202_752,
                input_price=Decimal("0.6"),
                output_price=Decimal("2.2"),
                images=True,
            ),
        ),
        (FIREWORKS, listed(id="accounts/fireworks/models/x", context_window=8192, images=True)),
        (VERCEL, listed(id="xai/grok-4.7", label="Grok 4.7", input_price=Decimal(2), output_price=Decimal(10))),
        (
            {"id": "openai/o1-pro", "pricing": {"prompt": "0.00015", "completion": "0.0006"}},
            listed(id="openai/o1-pro", input_price=Decimal(150), output_price=Decimal(600)),
        ),
        ({"id": "new", "thinking": False}, listed(id="new", thinking=Thinking.NEVER)),
        (VLLM, listed(id="my-model", context_window=32_768)),
        (LLAMACPP, listed(id="gemma.gguf", context_window=131_072)),
        (
            {"id": "brand-new", "supported_features": ["reasoning"]},
            listed(id="brand-new", thinking=Thinking.BY_DEFAULT),
        ),
    ],
)
def test_it_reads_what_a_vendor_states(entry: dict[str, Any], expected: ListedModel) -> None:
    (model,) = listed_models({"data": [entry]})

    assert model == expected
    assert decode(model.id, encode(model)) == model


@pytest.mark.parametrize(
    ("reasoning", "thinking", "efforts"),
    [
        (
            {"mandatory": False, "default_enabled": False, "supported_efforts": ["high", "low"]},
            "ON_REQUEST",
            ("none", "low", "high"),
        ),
        ({"mandatory": False, "supported_efforts": None}, "BY_DEFAULT", None),
        ({"mandatory": True, "supported_efforts": None}, "ALWAYS", None),
        ({"mandatory": True, "supported_efforts": ["none", "high"]}, "ALWAYS", ("high",)),
    ],
)
def test_it_reads_when_a_model_thinks(reasoning: Any, thinking: str, efforts: tuple[str, ...] | None) -> None:
    (model,) = listed_models([{"id": "a", "reasoning": reasoning}])

    assert (model.capabilities.thinking, model.capabilities.efforts) == (Thinking[thinking], efforts)


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "old", "active": False},
        {"id": "old", "expiration_date": "2026-01-01"},
        {"id": "old", "deprecation": "2026-01-01T00:00:00Z"},
        {"id": "old", "is_deprecated": True},
        {"name": "embeds", "endpoints": ["embed"]},
        {"id": "paints", "architecture": {"output_modalities": ["image"]}},
        {"id": "text-embedding-3-small"},
        {"id": "completes", "supports_chat": False},
        {"id": 7},
        {},
    ],
)
def test_it_leaves_out_what_cannot_be_used(entry: dict[str, Any]) -> None:
    assert [model.id for model in listed_models({"data": [entry, {"id": "good"}, "nonsense", None]})] == ["good"]


@pytest.mark.parametrize(
    "entry",
    [
        {"context_length": "many"},
        {"context_length": -1, "pricing": {"prompt": "-1", "completion": "free"}},
        {"context_length": 1e300, "pricing": {"input": "NaN", "output": "1e999"}},
        {"context_length": True, "pricing": [1], "reasoning": 7, "architecture": "text->text"},
        {"supported_parameters": "temperature", "features": {"a": 1}, "expiration_date": "soon", "capabilities": []},
        {"name": None, "display_name": 7, "metadata": None, "top_provider": []},
    ],
)
def test_it_takes_nonsense_for_not_stated(entry: dict[str, Any]) -> None:
    assert listed_models([{"id": "a", **entry}]) == [ListedModel("a")]


@pytest.mark.parametrize("listing", [None, [], {}, {"data": None}, {"data": "none"}, "text", 7])
def test_a_list_without_models_is_empty(listing: Any) -> None:
    assert listed_models(listing) == []


def anthropic(**types: bool) -> dict[str, Any]:
    return {
        "type": "model",
        "id": "claude-opus-6",
        "display_name": "Claude Opus 6",
        "created_at": "2026-11-01T00:00:00Z",
        "lifecycle": "active",
        "max_input_tokens": 1_000_000,
        "max_tokens": 200_000,
        "capabilities": {
            "image_input": {"supported": True},
            "effort": {"supported": True}
            | {level: {"supported": level != "xhigh"} for level in ("low", "high", "xhigh")},
            "thinking": {"supported": True, "types": {name: {"supported": value} for name, value in types.items()}},
        },
    }


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            anthropic(adaptive=True, disabled=True, between_tools=False),
            Capabilities(efforts=("none", "low", "high"), images=True, max_output=200_000),
        ),
        (
            anthropic(adaptive=True, disabled=False, between_tools=False),
            Capabilities(Thinking.ALWAYS, ("low", "high"), True, max_output=200_000),
        ),
        (anthropic(adaptive=False, enabled=True, disabled=True), Capabilities(images=True, max_output=200_000)),
    ],
)
async def test_it_reads_what_anthropic_states(entry: dict[str, Any], expected: Capabilities, vendors: StandIn) -> None:
    vendors.models["anthropic"] = [entry]

    (model,) = await KINDS["anthropic"].adapter.list_models(target_of(vendors, "anthropic"))

    assert (model.id, model.label, model.context_window) == ("claude-opus-6", "Claude Opus 6", 1_000_000)
    assert model.capabilities == expected


async def test_it_reads_what_google_states(vendors: StandIn) -> None:
    vendors.models["google"] = [
        {
            "name": "models/gemini-5-neon",
            "displayName": "Gemini 5 Neon",
            "inputTokenLimit": 2_000_000,
            "outputTokenLimit": 100_000,
            "supportedGenerationMethods": ["generateContent"],
        }
    ]

    (model,) = await KINDS["google"].adapter.list_models(target_of(vendors, "google"))

    assert model == listed(id="gemini-5-neon", label="Gemini 5 Neon", context_window=2_000_000, max_output=100_000)


async def test_it_reads_what_mistral_states(vendors: StandIn) -> None:
    entry = {
        "id": "mistral-large-5",
        "object": "model",
        "type": "base",
        "max_context_length": 262_144,
        "capabilities": {"completion_chat": True, "vision": True, "reasoning": True},
    }
    vendors.models["mistral"] = [entry, {**entry, "id": "mistral-gone", "deprecation": "2026-01-01T00:00:00Z"}]

    (model,) = await KINDS["mistral"].adapter.list_models(target_of(vendors, "mistral"))

    assert model == listed(id="mistral-large-5", context_window=262_144, images=True)


@pytest.mark.parametrize(
    ("slug", "loaded"),
    [
        ("ollama", {"models": [{"name": "gemma:latest", "model": "gemma:latest", "context_length": 4096}]}),
        (
            "lmstudio",
            {
                "data": [
                    {"id": "gemma:latest", "max_context_length": 131_072, "loaded_context_length": 4096},
                    {"id": "qwen", "state": "not-loaded", "max_context_length": 32_768},
                ]
            },
        ),
    ],
)
async def test_it_reads_how_much_a_local_server_lets_a_loaded_model_see(
    slug: str, loaded: dict[str, Any], vendors: StandIn
) -> None:
    vendors.models[slug] = [{"id": "gemma:latest", "object": "model"}, {"id": "qwen", "object": "model"}]
    vendors.loaded = loaded

    models = await KINDS[slug].adapter.list_models(target_of(vendors, slug))

    assert [(model.id, model.context_window) for model in models] == [("gemma:latest", 4096), ("qwen", None)]


async def test_it_lists_the_models_of_a_local_server_that_does_not_tell_what_is_loaded(vendors: StandIn) -> None:
    vendors.models["ollama"] = ["gemma:latest"]

    models = await KINDS["ollama"].adapter.list_models(target_of(vendors, "ollama"))

    assert [model.id for model in models] == ["gemma:latest"]
