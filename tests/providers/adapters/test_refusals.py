from __future__ import annotations

import json
from typing import Any

import pytest

from providers.adapters.base import Message, Request
from providers.adapters.http import HttpClients
from tests.fake_providers import Script, StandIn
from tests.providers.adapters.calls import read_stream, request_of, target_of

USE_THE_OTHER = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
)
LEVELS = (
    "Unsupported value: 'minimal' is not supported with this model. Supported values are: 'low', 'medium' and 'high'."
)
MIXED = "reasoning_effort is not supported: must be one of `none` or `high`"
ONE_OF = "`reasoning_effort` must be one of `none` or `default`"
LITERAL = "[{'loc': ('body', 'reasoning_effort'), 'msg': \"Input should be 'low', 'medium' or 'high'\"}]"
ESCAPED = 'reasoning_effort must be one of "none", "low" or "max"'
NO_EFFORT = "Argument not supported on this model: reasoningEffort does not exist here"
TOO_LARGE = "max_tokens is too large: 9000. This model supports at most 4096 completion tokens."
NO_STREAM = "Your organization must be verified to stream this model."


def refused(message: str, param: str | None = None) -> Script:
    error = {"message": message, "type": "invalid_request_error", "param": param}
    return Script(status=400, body=json.dumps({"error": error}))


async def asked_again(vendors: StandIn, clients: HttpClients, slug: str, refusal: Script, request: Request) -> Any:
    """Return the body of the second request, after the first one was refused."""
    vendors.sequence = [refusal]
    result = await read_stream(clients, slug, target_of(vendors, slug), request)
    assert result.error is None
    assert len(vendors.requests) == 2
    return vendors.requests[1].body


@pytest.mark.parametrize(
    ("refusal", "parameters", "expected"),
    [
        (USE_THE_OTHER, {"max_tokens": 99}, {"max_tokens": None, "max_completion_tokens": 99}),
        (TOO_LARGE, {"max_tokens": 9000}, {"max_tokens": 4096}),
        (LEVELS, {"reasoning_effort": "minimal"}, {"reasoning_effort": "low"}),
        (MIXED, {"reasoning_effort": "medium"}, {"reasoning_effort": "high"}),
        (ONE_OF, {"reasoning_effort": "low"}, {"reasoning_effort": "default"}),
        (ONE_OF, {"reasoning_effort": "minimal"}, {"reasoning_effort": "default"}),
        (LITERAL, {"reasoning_effort": "minimal"}, {"reasoning_effort": "low"}),
        (ESCAPED, {"reasoning_effort": "medium"}, {"reasoning_effort": "low"}),
        (NO_EFFORT, {"reasoning_effort": "low"}, {"reasoning_effort": None}),
    ],
)
async def test_it_sends_what_is_accepted_instead(
    refusal: str, parameters: dict[str, Any], expected: dict[str, Any], vendors: StandIn, clients: HttpClients
) -> None:
    (name,) = parameters
    body = await asked_again(vendors, clients, "airefinery", refused(refusal, name), request_of(**parameters))

    assert {name: body.get(name) for name in expected} == expected


async def test_it_leaves_thinking_on_if_it_cannot_be_switched_off(vendors: StandIn, clients: HttpClients) -> None:
    refusal = refused("The value of the enable_thinking parameter is restricted to True.")

    body = await asked_again(vendors, clients, "qwen", refusal, request_of("qwen-plus", reasoning_effort="none"))

    assert "enable_thinking" not in body


NO_ROOM = (
    "'max_tokens' is too large: 16400. This model's maximum context length is 8192 tokens (16400 > 8192 - 30).",
    "Range of max_tokens should be [1, 8192]",
    "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
    "Requested token count exceeds the model's maximum context length of 8192 tokens.",
    "This model's maximum context length is 8192 tokens. However, you requested 16430 tokens in the messages.",
    "max tokens must be less than or equal to 8192",
)


@pytest.mark.parametrize("refusal", NO_ROOM)
async def test_it_sends_the_length_of_the_text_if_there_is_no_room_for_thinking(
    refusal: str, vendors: StandIn, clients: HttpClients
) -> None:
    request = request_of("Qwen/Qwen3-8B", text_tokens=400)
    vendors.sequence = [refused(refusal)]

    results = [await read_stream(clients, "vllm", target_of(vendors, "vllm"), request) for _ in range(2)]

    assert [result.error for result in results] == [None, None]
    assert [each.body["max_tokens"] for each in vendors.requests] == [16_400, 400, 400]


TOO_LONG = "prompt is too long: 210000 tokens > 200000 maximum"
SUM = (
    "input length and `max_tokens` exceed context limit: 199000 + 16400 > 200000, decrease input length or `max_tokens`"
)


async def test_a_prompt_that_is_too_long_leaves_the_room_of_others(vendors: StandIn, clients: HttpClients) -> None:
    request = request_of("claude-sonnet-5-5", text_tokens=400)
    target = target_of(vendors, "anthropic")
    await read_stream(clients, "anthropic", target, request)
    (usual,) = [each.body["max_tokens"] for each in vendors.requests]
    vendors.sequence = [refused(TOO_LONG), refused(SUM)]

    too_long = await read_stream(clients, "anthropic", target, request)
    narrowed = await read_stream(clients, "anthropic", target, request)
    good = await read_stream(clients, "anthropic", target, request)

    assert too_long.failed().code == "context_too_long"
    assert [narrowed.error, good.error] == [None, None]
    assert [each.body["max_tokens"] for each in vendors.requests[1:]] == [usual, usual, 400, usual]
    assert usual > 400


async def test_it_does_not_remember_what_did_not_help(vendors: StandIn, clients: HttpClients) -> None:
    request = request_of("Qwen/Qwen3-8B", text_tokens=400)
    vendors.sequence = [refused("max tokens must be less than this"), refused("max tokens must be less than this")]

    await read_stream(clients, "vllm", target_of(vendors, "vllm"), request)
    await read_stream(clients, "vllm", target_of(vendors, "vllm"), request)

    assert [each.body["max_tokens"] for each in vendors.requests][::2] == [16_400, 16_400]


@pytest.mark.parametrize(
    ("status", "words", "limit"),
    [
        (413, "Request too large for model `x` on tokens per minute (TPM): Limit 8000, Requested 16430, please", 7_970),
        (429, "Request too large for gpt-x on tokens per min (TPM): Limit 8000, Requested 16430. The input", 7_970),
        (402, "This request requires more credits, or fewer max_tokens. You can only afford 5129.", 5_129),
    ],
)
async def test_it_asks_for_no_more_than_a_plan_allows(
    status: int, words: str, limit: int, vendors: StandIn, clients: HttpClients
) -> None:
    refusal = Script(status=status, body=json.dumps({"error": {"message": words}}))

    body = await asked_again(vendors, clients, "vllm", refusal, request_of("Qwen/Qwen3-8B", text_tokens=400))

    assert body["max_tokens"] == limit


async def test_it_asks_for_more_again_once_there_is_more_credit(vendors: StandIn, clients: HttpClients) -> None:
    request = request_of("Qwen/Qwen3-8B", text_tokens=400)
    vendors.sequence = [Script(status=402, body='{"error": {"message": "You can only afford 5129."}}')]

    for _ in range(2):
        await read_stream(clients, "vllm", target_of(vendors, "vllm"), request)

    assert [each.body["max_tokens"] for each in vendors.requests] == [16_400, 5_129, 16_400]


async def test_it_says_that_a_plan_allows_too_little(vendors: StandIn, clients: HttpClients) -> None:
    words = "Request too large for model `x` on tokens per minute (TPM): Limit 8000, Requested 40000, please"
    vendors.default = Script(status=413, body=json.dumps({"error": {"message": words}}))

    error = (await read_stream(clients, "groq", target_of(vendors, "groq"), request_of())).failed()

    assert (error.code, error.retryable) == ("quota_exceeded", False)
    assert "allows in a minute" in error.message


@pytest.mark.parametrize(
    ("slug", "words", "limit"),
    [
        (
            "google",
            "maxOutputTokens value of 9000 but the supported range is from 1 (inclusive) to 8193 (exclusive).",
            8192,
        ),
        ("openai", "max_output_tokens is too large: 9000. This model supports at most 4096 completion tokens.", 4096),
    ],
)
async def test_it_corrects_the_limit_of_every_wire(
    slug: str, words: str, limit: int, vendors: StandIn, clients: HttpClients
) -> None:
    body = await asked_again(vendors, clients, slug, refused(words), request_of("old-model", max_tokens=9_000))

    assert (body.get("max_output_tokens") or body["generationConfig"]["maxOutputTokens"]) == limit


@pytest.mark.parametrize("slug", ["vllm", "google"])
@pytest.mark.parametrize(
    "words", ["System role not supported", "Developer instruction is not enabled for models/gemma-3-27b-it"]
)
async def test_it_puts_a_system_prompt_in_front_of_the_first_message(
    slug: str, words: str, vendors: StandIn, clients: HttpClients
) -> None:
    request = Request(
        "gemma", (Message("user", "one"), Message("assistant", "two"), Message("user", "three")), "Be kind"
    )

    body = await asked_again(vendors, clients, slug, refused(words), request)

    if slug == "google":
        assert "systemInstruction" not in body
        assert body["contents"][0]["parts"] == [{"text": "Be kind"}, {"text": "one"}]
    else:
        assert [each["content"] for each in body["messages"]] == ["Be kind\n\none", "two", "three"]


async def test_it_asks_once_more_without_a_stream(vendors: StandIn, clients: HttpClients) -> None:
    whole = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Whole."}, "finish_reason": "stop"}]}
    vendors.sequence = [
        refused(NO_STREAM),
        Script(body=json.dumps(whole), headers={"Content-Type": "application/json"}),
    ]

    result = await read_stream(clients, "groq", target_of(vendors, "groq"), request_of())

    assert (result.error, result.text) == (None, "Whole.")
    assert "stream" not in vendors.requests[1].body


async def test_it_asks_a_gateway_without_responses_for_chat_completions(vendors: StandIn, clients: HttpClients) -> None:
    vendors.sequence = [Script(status=404, body='{"detail":"Not Found"}')]

    results = [await read_stream(clients, "openai", target_of(vendors, "openai"), request_of()) for _ in range(2)]

    assert [result.error for result in results] == [None, None]
    paths = [each.path.removeprefix("/openai/v1") for each in vendors.requests]
    assert paths == ["/responses", "/chat/completions", "/chat/completions"]


async def test_it_gives_up_if_no_other_limit_helps(vendors: StandIn, clients: HttpClients) -> None:
    words = "'max_tokens' or 'max_completion_tokens' is too large: 9000. The maximum context length is 8192 tokens."
    vendors.default = refused(words, "max_tokens")

    error = (await read_stream(clients, "vllm", target_of(vendors, "vllm"), request_of(max_tokens=9000))).failed()

    assert error.code == "context_too_long"
    assert [each.body["max_tokens"] for each in vendors.requests] == [9000, 8192]


async def test_it_remembers_a_refusal(vendors: StandIn, clients: HttpClients) -> None:
    request = request_of("remembered", reasoning_effort="low")
    vendors.sequence = [refused(ONE_OF)]
    await read_stream(clients, "airefinery", target_of(vendors, "airefinery"), request)

    await read_stream(clients, "airefinery", target_of(vendors, "airefinery"), request)
    await read_stream(
        clients, "airefinery", target_of(vendors, "airefinery"), request_of("remembered", reasoning_effort="none")
    )
    await read_stream(clients, "airefinery", target_of(vendors, "airefinery", key="sk-another-key"), request)

    efforts = [each.body["reasoning_effort"] for each in vendors.requests]
    assert efforts == ["low", "default", "default", "none", "low"]


@pytest.mark.parametrize(
    "refusal",
    ["Invalid value: temperature must be at most 1", "temperature: Input should be less than or equal to 1"],
)
async def test_it_does_not_remember_a_refusal_of_one_value(
    refusal: str, vendors: StandIn, clients: HttpClients
) -> None:
    vendors.sequence = [refused(refusal)]
    await read_stream(clients, "vllm", target_of(vendors, "vllm"), request_of("valued", temperature=2.0))

    await read_stream(clients, "vllm", target_of(vendors, "vllm"), request_of("valued", temperature=1.0))

    assert [each.body.get("temperature") for each in vendors.requests] == [2.0, None, 1.0]
