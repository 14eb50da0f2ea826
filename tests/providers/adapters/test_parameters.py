from typing import Any

import pytest

from providers.adapters.base import Message, Parameters, Request
from providers.adapters.http import HttpClients
from tests.fake_providers import Script, StandIn
from tests.providers.adapters.calls import FORMATS, read_stream, request_of, target_of

TURNS = (Message("user", "one"), Message("assistant", "two"), Message("user", "three"))
ROLES = [
    {"role": "user", "content": "one"},
    {"role": "assistant", "content": "two"},
    {"role": "user", "content": "three"},
]


async def sent(vendors: StandIn, clients: HttpClients, slug: str, request: Request) -> dict[str, Any]:
    result = await read_stream(clients, slug, target_of(vendors, slug), request)
    assert result.error is None
    return (await vendors.request(number=len(vendors.requests))).body


async def test_it_requests_a_response_that_openai_does_not_store(vendors: StandIn, clients: HttpClients) -> None:
    parameters = Parameters(temperature=0.0, top_p=0.5, max_tokens=99)

    body = await sent(vendors, clients, "openai", Request("gpt-4o", TURNS, "Be kind", parameters))

    assert vendors.requests[-1].path == "/openai/v1/responses"
    assert body == {
        "model": "gpt-4o",
        "input": ROLES,
        "instructions": "Be kind",
        "temperature": 0.0,
        "top_p": 0.5,
        "max_output_tokens": 99,
        "stream": True,
        "store": False,
    }


async def test_it_leaves_out_parameters_that_openais_reasoning_models_refuse(
    vendors: StandIn, clients: HttpClients
) -> None:
    request = request_of("gpt-5.6", temperature=0.3, top_p=0.9, reasoning_effort="high")

    body = await sent(vendors, clients, "openai", request)

    assert body["reasoning"] == {"summary": "auto", "effort": "high"}
    assert not {"temperature", "top_p"} & body.keys()


@pytest.mark.parametrize("parameters", [{"stop": ("END",)}, {"seed": 0}])
async def test_it_uses_chat_completions_for_parameters_that_responses_lack(
    parameters: dict[str, Any], vendors: StandIn, clients: HttpClients
) -> None:
    request = request_of("gpt-4o", system="Be kind", max_tokens=5, **parameters)

    body = await sent(vendors, clients, "openai", request)

    assert vendors.requests[-1].path == "/openai/v1/chat/completions"
    assert body["messages"][0] == {"role": "system", "content": "Be kind"}
    assert body["max_completion_tokens"] == 5
    assert body.get("stop", ["END"]) == ["END"]
    assert body.get("seed", 0) == 0
    assert {"stop", "seed"} & body.keys()


@pytest.mark.parametrize(
    ("model", "parameters", "expected", "absent"),
    [
        ("claude-haiku-4-5", {}, {"max_tokens": 64_000}, "thinking"),
        ("claude-3-haiku-20240307", {}, {"max_tokens": 4096}, "thinking"),
        ("claude-haiku-4-5", {"temperature": 0.0, "top_p": 0.5}, {"temperature": 0.0}, "top_p"),
        ("claude-sonnet-4-5-20250929", {"top_p": 0.5}, {"top_p": 0.5}, "temperature"),
        ("claude-haiku-4-5", {"temperature": 1.7}, {"temperature": 1.0}, "top_p"),
        ("claude-opus-4-7", {"temperature": 0.5, "top_p": 0.5}, {"max_tokens": 128_000}, "temperature"),
        ("claude-opus-4-7", {"top_p": 0.5}, {}, "top_p"),
        ("claude-mythos-preview", {"temperature": 0.5}, {}, "temperature"),
        ("claude-opus-5-5", {}, {"thinking": {"type": "adaptive", "display": "summarized"}}, "output_config"),
        ("claude-opus-4-6", {"reasoning_effort": "minimal"}, {"output_config": {"effort": "low"}}, "temperature"),
        ("claude-opus-4-6", {"temperature": 0.5}, {"temperature": 0.5}, "thinking"),
        (
            "claude-haiku-4-5",
            {"reasoning_effort": "high", "temperature": 0.5},
            {"thinking": {"type": "enabled", "budget_tokens": 16_384}, "max_tokens": 64_000},
            "temperature",
        ),
        ("claude-haiku-4-5", {"reasoning_effort": "high", "max_tokens": 500}, {"max_tokens": 500}, "thinking"),
        ("claude-haiku-4-5", {"stop": ("END",), "seed": 7}, {"stop_sequences": ["END"]}, "seed"),
    ],
)
async def test_it_sends_each_claude_parameters_that_it_accepts(
    model: str,
    parameters: dict[str, Any],
    expected: dict[str, Any],
    absent: str,
    vendors: StandIn,
    clients: HttpClients,
) -> None:
    body = await sent(vendors, clients, "anthropic", request_of(model, **parameters))

    assert expected.items() <= body.items()
    assert absent not in body


async def test_it_sends_anthropic_the_system_prompt_in_its_own_field(vendors: StandIn, clients: HttpClients) -> None:
    body = await sent(vendors, clients, "anthropic", Request("claude-haiku-4-5", TURNS, "Be kind"))

    assert (body["system"], body["messages"]) == ("Be kind", ROLES)
    assert vendors.requests[-1].headers["anthropic-version"] == "2023-06-01"


async def test_it_uses_googles_parameter_names(vendors: StandIn, clients: HttpClients) -> None:
    parameters = Parameters(temperature=0.0, top_p=0.5, max_tokens=99, stop=("END",), seed=3, reasoning_effort="low")

    body = await sent(vendors, clients, "google", Request("gemini-3.6-flash", TURNS, "Be kind", parameters))

    assert body["systemInstruction"] == {"parts": [{"text": "Be kind"}]}
    assert [turn["role"] for turn in body["contents"]] == ["user", "model", "user"]
    assert body["contents"][1] == {"role": "model", "parts": [{"text": "two"}]}
    assert body["generationConfig"] == {
        "temperature": 0.0,
        "topP": 0.5,
        "maxOutputTokens": 99,
        "stopSequences": ["END"],
        "seed": 3,
        "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "low"},
    }


@pytest.mark.parametrize(
    ("model", "effort", "thinking"),
    [
        ("gemini-2.5-pro", "medium", {"includeThoughts": True, "thinkingBudget": 8192}),
        ("gemini-2.5-flash", None, {"includeThoughts": True}),
        ("gemini-2.0-flash", "high", None),
        ("gemma-3-27b-it", "high", None),
    ],
)
async def test_it_sends_each_gemini_its_thinking_settings(
    model: str, effort: str | None, thinking: Any, vendors: StandIn, clients: HttpClients
) -> None:
    body = await sent(vendors, clients, "google", request_of(model, reasoning_effort=effort))

    assert body.get("generationConfig", {}).get("thinkingConfig") == thinking


async def test_it_uses_mistrals_parameter_names(vendors: StandIn, clients: HttpClients) -> None:
    parameters = Parameters(temperature=0.2, top_p=0.5, max_tokens=9, stop=("END",), seed=3, reasoning_effort="high")

    body = await sent(vendors, clients, "mistral", Request("magistral-medium-latest", TURNS, "Be kind", parameters))

    assert body == {
        "model": "magistral-medium-latest",
        "messages": [{"role": "system", "content": "Be kind"}, *ROLES],
        "stream": True,
        "temperature": 0.2,
        "top_p": 0.5,
        "max_tokens": 9,
        "stop": ["END"],
        "random_seed": 3,
        "reasoning_effort": "high",
    }


@pytest.mark.parametrize(
    ("slug", "expected", "absent"),
    [
        ("together", {"max_tokens": 9, "seed": 3, "reasoning_effort": "low"}, "max_completion_tokens"),
        ("groq", {"max_completion_tokens": 9, "seed": 3}, "max_tokens"),
        ("openrouter", {"reasoning": {"effort": "minimal"}, "seed": 3}, "reasoning_effort"),
        ("deepseek", {"max_tokens": 9, "stream_options": {"include_usage": True}}, "seed"),
        ("perplexity", {"max_tokens": 9}, "stream_options"),
        ("vllm", {"stop": ["END"], "reasoning_effort": "low"}, "random_seed"),
        ("airefinery", {"stop": ["END"], "reasoning_effort": "minimal"}, "random_seed"),
    ],
)
async def test_it_uses_the_parameter_names_of_each_compatible_vendor(
    slug: str, expected: dict[str, Any], absent: str, vendors: StandIn, clients: HttpClients
) -> None:
    request = request_of(max_tokens=9, stop=("END",), seed=3, reasoning_effort="minimal")

    body = await sent(vendors, clients, slug, request)

    assert expected.items() <= body.items()
    assert absent not in body


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_sends_no_parameter_that_was_not_set(slug: str, vendors: StandIn, clients: HttpClients) -> None:
    body = await sent(vendors, clients, slug, request_of("model-a"))

    usual = {"model", "messages", "input", "contents", "stream", "store", "max_tokens", "stream_options", "thinking"}
    assert body.keys() <= usual


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_sends_the_request_again_without_a_refused_parameter(
    slug: str, vendors: StandIn, clients: HttpClients
) -> None:
    vendors.default = Script(refuses=("temperature",))
    model = "claude-haiku-4-5" if slug == "anthropic" else "model-a"

    body = await sent(vendors, clients, slug, request_of(model, temperature=0.5, max_tokens=77))

    assert "temperature" not in str(body)
    assert len(vendors.requests) == 2
    assert "77" in str(body)


async def test_it_requests_no_summaries_if_the_organization_may_not_have_them(
    vendors: StandIn, clients: HttpClients
) -> None:
    vendors.default = Script(refuses=("summary",))

    body = await sent(vendors, clients, "openai", request_of("gpt-5.6", reasoning_effort="low"))

    assert body["reasoning"] == {"effort": "low"}
