from __future__ import annotations

import json

import pytest

from providers.adapters.base import ErrorCode
from providers.adapters.http import HttpClients
from providers.adapters.vendor_messages import HIDDEN, MAX_LENGTH, vendor_message
from tests.fake_providers import Script, StandIn
from tests.providers.adapters.calls import KEY, read_stream, request_of, target_of

POLICY = "No endpoints found matching your data policy. Configure it: https://openrouter.ai/settings/privacy"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": POLICY, "code": 404}}, POLICY),
        ({"type": "error", "error": {"type": "not_found_error", "message": "model: x"}}, "model: x"),
        ([{"error": {"code": 400, "message": "a\n b", "details": [{"x": "y"}]}}], "a b"),
        ({"code": "invalid", "error": "Incorrect value"}, "Incorrect value"),
        ({"detail": [{"loc": ["body", "n"], "msg": "Input should be 1", "type": "x"}]}, "Input should be 1"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"object": "error", "message": "Invalid model: x"}, "Invalid model: x"),
        ({"base_resp": {"status_code": 1004, "status_msg": "login fail"}}, ""),
        ({"status_code": 1004, "status_msg": "login fail"}, "login fail"),
        ({"error": True, "message": "m"}, "m"),
        (
            {
                "error": {
                    "message": "Provider returned error",
                    "metadata": {"raw": '{"error": {"message": "x is rate-limited upstream"}}', "provider_name": "P"},
                }
            },
            "Provider returned error (x is rate-limited upstream)",
        ),
        ("Too many requests", ""),
        ({"unknown": {"fields": "x"}}, ""),
    ],
)
def test_it_finds_the_words_in_any_shape(body: object, said: str) -> None:
    assert vendor_message(json.dumps(body)) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Upstream\n timed out", "Upstream timed out"),
        ("<html><body>502 Bad Gateway</body></html>", ""),
        ("", ""),
        ("{broken", ""),
        ("[" * 100_000, ""),
        (json.dumps({"error": "x" * 5000}), "x" * (MAX_LENGTH - 1) + "…"),
    ],
)
def test_it_takes_plain_text_but_no_page(text: str, said: str) -> None:
    assert vendor_message(text) == said


@pytest.mark.parametrize(
    "secret",
    [
        *("sk-proj-abc123def456", "sk-ant-api03-x9", "sk-ab***********wxyz", "gsk_abc123def", "xai-A1b2C3d4"),
        *("AIzaSyA-1234567890", "hf_abcdef123456", "org-A1b2C3d4E5", "eyJhbGciOi.eyJzdWIi.abc", "a.user@example.org"),
        "0123456789abcdef0123456789abcdef",
    ],
)
def test_it_hides_secrets(secret: str) -> None:
    said = vendor_message(json.dumps({"error": {"message": f"The key {secret} of this account is not valid."}}))

    assert said == f"The key {HIDDEN} of this account is not valid."


@pytest.mark.parametrize(
    "text",
    [
        "The model meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8 does not exist.",
        "model: claude-3-5-sonnet-20241022",
        "Please try again in 7m12.5s. Visit https://platform.openai.com/account/rate-limits to learn more.",
        "max_tokens: 128000 > 64000, which is the maximum for claude-haiku-4-5-20251001",
        "'user' message with key 'content' at messages.0.content.1.image.source.base64.data",
        "Rate limit reached for gpt-6.2-sol in organization on tokens_usage_based per min",
    ],
)
def test_it_leaves_all_else(text: str) -> None:
    assert vendor_message(json.dumps({"error": {"message": text}})) == text


@pytest.mark.parametrize("slug", ["openrouter", "anthropic", "google", "openai", "mistral"])
async def test_an_error_says_what_the_vendor_said_without_the_key(
    slug: str, vendors: StandIn, clients: HttpClients
) -> None:
    said = f"{POLICY}; your key {KEY} was seen"
    vendors.default = Script(status=404, body=json.dumps({"error": {"message": said}}))

    error = (await read_stream(clients, slug, target_of(vendors, slug), request_of())).error

    assert error is not None
    assert error.code == ErrorCode.PERMISSION_DENIED
    assert error.vendor_message.startswith(POLICY)
    assert KEY not in error.vendor_message
