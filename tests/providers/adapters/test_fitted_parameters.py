from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from providers.adapters.base import ListedModel, Message, Parameters, Request
from providers.adapters.http import HttpClients
from tests.fake_providers import Script, StandIn
from tests.providers.adapters.calls import StreamResult, read_stream, request_of, target_of

PLACES = {
    "openai": ("reasoning", "effort"),
    "anthropic": ("output_config", "effort"),
    "google": ("generationConfig", "thinkingConfig", "thinkingLevel"),
    "openrouter": ("reasoning", "effort"),
    "meta": ("reasoning", "effort"),
}
"""Paths of the effort in bodies that do not have it as "reasoning_effort"."""


async def sent(
    vendors: StandIn, clients: HttpClients, slug: str, request: Request
) -> tuple[dict[str, Any], StreamResult]:
    result = await read_stream(clients, slug, target_of(vendors, slug), request)
    assert result.error is None
    return (await vendors.request(number=len(vendors.requests))).body, result


def found(body: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body


@pytest.mark.parametrize(
    ("slug", "model", "asked", "expected"),
    [
        ("openai", "gpt-6-astra", "none", "low"),
        ("openai", "gpt-6-astra", "minimal", "low"),
        ("openai", "gpt-6.1-sol", "max", "max"),
        ("openai", "gpt-5.6", "minimal", "low"),
        ("openai", "gpt-5.6", "none", "none"),
        ("openai", "gpt-5.1", "xhigh", "high"),
        ("openai", "gpt-5-mini", "none", "minimal"),
        ("openai", "gpt-5-pro", "low", "high"),
        ("openai", "o3", "minimal", "low"),
        ("openai", "ft:gpt-5.4:us::abc", "max", "xhigh"),
        ("anthropic", "claude-opus-5-5", "minimal", "low"),
        ("anthropic", "claude-opus-5-5", "none", "low"),
        ("anthropic", "claude-opus-4-6", "xhigh", "high"),
        ("anthropic", "claude-sonnet-5", "max", "max"),
        ("google", "gemini-3.8-flash", "minimal", "low"),
        ("google", "gemini-3.1-pro-preview", "none", "low"),
        ("google", "gemini-3-flash-preview", "minimal", "minimal"),
        ("google", "gemini-4-argon", "max", "high"),
        ("mistral", "mistral-small-latest", "low", "high"),
        ("mistral", "mistral-large-4", "none", "none"),
        ("mistral", "magistral-medium-latest", "minimal", "high"),
        ("groq", "qwen/qwen3.8-27b", "low", "default"),
        ("groq", "qwen/qwen3.8-27b", "none", "none"),
        ("groq", "openai/gpt-oss-120b", "none", "low"),
        ("xai", "grok-4.7", "max", "xhigh"),
        ("xai", "grok-4.7", "none", "low"),
        ("xai", "grok-4.3", "none", "none"),
        ("xai", "grok-build-0.1", "low", None),
        ("xai", "grok-4.20-non-reasoning", "high", None),
        ("deepseek", "deepseek-v4-pro", "medium", "low"),
        ("deepseek", "deepseek-flash", "xhigh", "high"),
        ("vllm", "Qwen/Qwen3-32B", "minimal", "low"),
        ("openrouter", "anthropic/claude-opus-5.5", "minimal", "minimal"),
        ("openrouter", "openai/gpt-5.6", "max", "xhigh"),
        ("cohere", "command-a-reasoning-08-2025", "low", "high"),
        ("qwen", "qwen3.8-max", "high", "medium"),
        ("moonshot", "kimi-k3.1-pro", "none", "low"),
        ("zai", "glm-5.3", "medium", "low"),
        ("meta", "muse-spark-1.3", "none", "minimal"),
    ],
)
async def test_it_sends_the_nearest_effort_that_the_model_takes(
    slug: str, model: str, asked: Any, expected: str | None, vendors: StandIn, clients: HttpClients
) -> None:
    body, result = await sent(vendors, clients, slug, request_of(model, reasoning_effort=asked))

    assert found(body, PLACES.get(slug, ("reasoning_effort",))) == expected
    assert result.adjusted == ({} if expected == asked else {"reasoning_effort": expected})
    assert all(each.reason.endswith(".") for each in result.adjustments)
    assert len(vendors.requests) == 1


@pytest.mark.parametrize(
    ("slug", "model", "expected"),
    [
        ("anthropic", "claude-sonnet-5", {"thinking": {"type": "disabled"}}),
        ("anthropic", "claude-sonnet-5-5", {"thinking": {"type": "between_tools"}}),
        ("google", "gemini-2.5-flash", {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}),
        ("deepseek", "deepseek-flash", {"thinking": {"type": "disabled"}}),
        ("vllm", "Qwen/Qwen3-32B", {"chat_template_kwargs": {"enable_thinking": False}}),
        ("together", "deepseek-ai/DeepSeek-V4", {"reasoning": {"enabled": False}}),
        ("qwen", "qwen-plus", {"enable_thinking": False}),
        ("moonshot", "kimi-k2.6", {"thinking": {"type": "disabled"}}),
        ("zai", "glm-4.6", {"thinking": {"type": "disabled"}}),
    ],
)
async def test_it_switches_thinking_off(
    slug: str, model: str, expected: dict[str, Any], vendors: StandIn, clients: HttpClients
) -> None:
    body, result = await sent(vendors, clients, slug, request_of(model, reasoning_effort="none"))

    assert expected.items() <= body.items()
    assert not {"reasoning_effort", "output_config"} & body.keys()
    assert not result.adjustments


@pytest.mark.parametrize(
    ("slug", "model"),
    [
        *(("anthropic", "claude-opus-4-8"), ("anthropic", "claude-haiku-4-5"), ("openai", "gpt-4o")),
        *(("google", "gemini-2.0-flash"), ("mistral", "mistral-nemo")),
    ],
)
async def test_it_says_nothing_of_thinking_to_a_model_that_does_not_think_unasked(
    slug: str, model: str, vendors: StandIn, clients: HttpClients
) -> None:
    body, result = await sent(vendors, clients, slug, request_of(model, reasoning_effort="none"))

    assert not {"thinking", "reasoning", "reasoning_effort", "output_config", "generationConfig"} & body.keys()
    assert not result.adjustments


async def test_it_switches_thinking_on_where_the_vendor_has_no_levels(vendors: StandIn, clients: HttpClients) -> None:
    body, result = await sent(vendors, clients, "qwen", request_of("qwen-plus", reasoning_effort="high"))

    assert body["enable_thinking"] is True
    assert "reasoning_effort" not in body
    assert result.adjusted == {"reasoning_effort": "default"}


LIMITS = {
    "openai": ("max_output_tokens",),
    "google": ("generationConfig", "maxOutputTokens"),
    "groq": ("max_completion_tokens",),
}


@pytest.mark.parametrize(
    ("slug", "model", "parameters", "expected"),
    [
        ("openai", "gpt-4o", {}, 400),
        ("openai", "gpt-5.6", {}, 16_400),
        ("openai", "gpt-5.6", {"reasoning_effort": "none"}, 400),
        ("openai", "gpt-5.4", {}, 400),
        ("openai", "gpt-5.4", {"reasoning_effort": "high"}, 32_400),
        ("openai", "gpt-5.5-pro", {"reasoning_effort": "xhigh"}, 64_400),
        ("openai", "o3", {"reasoning_effort": "low"}, 8400),
        ("anthropic", "claude-opus-5-5", {}, 16_400),
        ("anthropic", "claude-haiku-4-5", {}, 400),
        ("anthropic", "claude-haiku-4-5", {"reasoning_effort": "low"}, 8400),
        ("anthropic", "claude-opus-4-1", {"reasoning_effort": "xhigh"}, 32_000),
        ("google", "gemini-4-argon", {}, 16_400),
        ("google", "gemini-2.0-flash", {}, 400),
        ("mistral", "mistral-large-4", {}, 400),
        ("mistral", "magistral-medium-latest", {}, 16_400),
        ("xai", "grok-4.7", {}, 16_400),
        ("deepseek", "deepseek-flash", {}, 16_400),
        ("perplexity", "sonar-reasoning-pro", {"reasoning_effort": "none"}, 16_400),
        ("groq", "qwen/qwen3.8-27b", {}, 16_400),
        ("openrouter", "z-ai/glm-5.3", {}, 16_400),
        ("vllm", "meta-llama/Llama-3.1-8B-Instruct", {}, 400),
        ("openai", "gpt-5.6", {"max_tokens": 1000}, 1000),
    ],
)
async def test_a_length_of_the_text_leaves_room_for_thinking(
    slug: str, model: str, parameters: dict[str, Any], expected: int, vendors: StandIn, clients: HttpClients
) -> None:
    body, result = await sent(vendors, clients, slug, request_of(model, text_tokens=400, **parameters))

    assert found(body, LIMITS.get(slug, ("max_tokens",))) == expected
    assert not result.adjustments


EFFORT_GONE = {"reasoning_effort": None}


@pytest.mark.parametrize(
    ("slug", "model", "parameters", "adjusted"),
    [
        ("openai", "gpt-5.6", {"temperature": 0.3, "top_p": 0.5}, {"temperature": None, "top_p": None}),
        ("openai", "gpt-5.6", {"temperature": 0.3, "reasoning_effort": "none"}, {}),
        ("openai", "gpt-5.4", {"temperature": 0.3}, {}),
        ("openai", "gpt-5.4", {"temperature": 0.3, "reasoning_effort": "low"}, {"temperature": None}),
        ("openai", "gpt-4o", {"temperature": 0.3}, {}),
        ("openai", "gpt-4o", {"max_tokens": 3}, {"max_tokens": 16}),
        ("openai", "gpt-5.5-pro", {"seed": 1, "stop": ("END",)}, {"seed": None, "stop": None}),
        ("openrouter", "openai/gpt-5.6", {"temperature": 0.3}, {}),
        ("anthropic", "claude-opus-4-7", {"temperature": 0.3}, {"temperature": None}),
        ("anthropic", "claude-haiku-4-5", {"temperature": 1.5}, {"temperature": 1.0}),
        ("anthropic", "claude-haiku-4-5", {"temperature": 0.5, "top_p": 0.5}, {"top_p": None}),
        ("anthropic", "claude-haiku-4-5", {"seed": 1}, {"seed": None}),
        ("anthropic", "claude-haiku-4-5", {"stop": ("\n", "END")}, {"stop": ("END",)}),
        ("anthropic", "claude-haiku-4-5", {"max_tokens": 100_000}, {"max_tokens": 64_000}),
        ("mistral", "mistral-large-latest", {"temperature": 2.0, "seed": -5}, {"temperature": 1.5, "seed": 5}),
        ("cohere", "command-a-03-2025", {"temperature": 2.0}, {"temperature": 1.0}),
        ("deepseek", "deepseek-flash", {"seed": 5}, {"seed": None}),
        ("moonshot", "kimi-k3", {"temperature": 0.3}, {"temperature": None}),
        ("moonshot", "moonshot-v1-8k", {"temperature": 0.3}, {}),
        (
            "anthropic",
            "claude-sonnet-4-5",
            {"reasoning_effort": "high", "max_tokens": 1500, "temperature": 0.3},
            EFFORT_GONE,
        ),
        ("perplexity", "sonar", {"seed": 5, "reasoning_effort": "high"}, {"seed": None, "reasoning_effort": None}),
    ],
)
async def test_it_tells_which_settings_a_model_does_not_take(
    slug: str,
    model: str,
    parameters: dict[str, Any],
    adjusted: dict[str, Any],
    vendors: StandIn,
    clients: HttpClients,
) -> None:
    _, result = await sent(vendors, clients, slug, request_of(model, **parameters))

    assert result.adjusted == adjusted
    assert len(vendors.requests) == 1


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("claude-opus-4.6", {"type": "adaptive", "display": "summarized"}),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", {"type": "enabled", "budget_tokens": 32_000}),
    ],
)
async def test_it_knows_a_claude_by_other_names(
    model: str, thinking: dict[str, Any], vendors: StandIn, clients: HttpClients
) -> None:
    body, _ = await sent(vendors, clients, "anthropic", request_of(model, reasoning_effort="max"))

    assert body["thinking"] == thinking


async def test_the_room_for_thinking_ends_with_the_context_window(vendors: StandIn, clients: HttpClients) -> None:
    small = ListedModel("Qwen/Qwen3-8B", context_window=8192)
    request = replace(request_of("Qwen/Qwen3-8B", text_tokens=400), listed=small)

    body, _ = await sent(vendors, clients, "vllm", request)

    assert 400 < body["max_tokens"] < 8192


async def test_it_tells_what_a_provider_has_refused(vendors: StandIn, clients: HttpClients) -> None:
    refusals = [
        "Unsupported value: 'minimal' is not supported with this model. Supported values are: 'low' and 'high'.",
        "temperature is not supported with this model",
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "System role not supported",
    ]
    params = ["reasoning_effort", "temperature", "max_tokens", None]
    vendors.sequence = [
        Script(status=400, body=json.dumps({"error": {"message": message, "param": param}}))
        for message, param in zip(refusals, params, strict=True)
    ]
    parameters = Parameters(temperature=0.5, max_tokens=99, reasoning_effort="minimal")
    request = Request("told", (Message("user", "Hello"),), "Be kind.", parameters)

    _, result = await sent(vendors, clients, "airefinery", request)

    assert result.adjusted == {
        "reasoning_effort": "low",
        "temperature": None,
        "system": "in front of the first message",
    }
    assert all("AI Refinery refused it" in each.reason for each in result.adjustments)


async def test_it_asks_for_a_response_if_a_model_has_no_chat_completions(
    vendors: StandIn, clients: HttpClients
) -> None:
    message = "This model is only supported in v1/responses and not in v1/chat/completions."
    vendors.sequence = [Script(status=404, body=json.dumps({"error": {"message": message, "code": None}}))]

    body, result = await sent(vendors, clients, "openai", request_of("gpt-9-special", seed=3))

    assert [each.path.removeprefix("/openai/v1") for each in vendors.requests] == ["/chat/completions", "/responses"]
    assert "seed" not in body
    assert result.adjusted == {"seed": None}
