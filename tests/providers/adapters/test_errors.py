import asyncio
import json
import pickle
import socket
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
import pytest

from providers.adapters.base import AdapterEvent, ErrorCode, ProviderError, Request, Target, TextDelta
from providers.adapters.errors import connection_failure
from providers.adapters.http import Call, HttpClients
from providers.adapters.openai_compatible import OpenAICompatibleAdapter
from providers.adapters.timeouts import open_stream
from providers.kinds import KINDS
from tests.fake_providers import Script, StandIn
from tests.providers.adapters.calls import FORMATS, KEY, LONG_TIMEOUTS, read_stream, request_of, target_of

STATUSES = [
    (400, ErrorCode.BAD_REQUEST),
    (401, ErrorCode.INVALID_API_KEY),
    (402, ErrorCode.QUOTA_EXCEEDED),
    (403, ErrorCode.PERMISSION_DENIED),
    (404, ErrorCode.MODEL_NOT_FOUND),
    (429, ErrorCode.RATE_LIMITED),
    (500, ErrorCode.UPSTREAM_ERROR),
    (502, ErrorCode.UPSTREAM_UNAVAILABLE),
    (503, ErrorCode.UPSTREAM_UNAVAILABLE),
    (529, ErrorCode.UPSTREAM_UNAVAILABLE),
]
BODIES = [
    (429, {"error": {"code": "insufficient_quota", "message": "You exceeded your current quota"}}, "quota_exceeded"),
    (400, {"error": {"message": "Your credit balance is too low to access the API."}}, "quota_exceeded"),
    (402, {"error": {"message": "Insufficient Balance"}}, "quota_exceeded"),
    (400, {"error": {"code": "context_length_exceeded", "message": "maximum context length"}}, "context_too_long"),
    (400, {"type": "error", "error": {"message": "prompt is too long: 210000 tokens"}}, "context_too_long"),
    (400, {"error": {"message": "The input token count (9) exceeds the maximum number of tokens"}}, "context_too_long"),
    (413, {"error": {"type": "request_too_large"}}, "context_too_long"),
    (400, {"error": {"code": "content_filter", "message": "content management policy"}}, "content_filtered"),
    (403, {"error": {"message": "Input was flagged", "metadata": {"reasons": ["x"]}}}, "content_filtered"),
    (400, {"code": "Client specified an invalid argument", "error": "Incorrect API key provided"}, "invalid_api_key"),
    (400, {"error": {"message": "x is not a valid model ID"}}, "model_not_found"),
    (400, {"object": "error", "message": "Invalid model: x", "type": "invalid_model"}, "model_not_found"),
    (404, {"detail": "Not Found"}, "bad_request"),
    (422, {"detail": [{"loc": ["body", "messages"], "msg": "field required"}]}, "bad_request"),
    (418, "<html>teapot</html>", "bad_request"),
    (500, {"error": {"message": "Service temporarily unavailable"}}, "upstream_unavailable"),
]


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        (1004, "login fail: Please carry the API secret key", "invalid_api_key"),
        (1008, "insufficient balance", "quota_exceeded"),
        (1026, "input new_sensitive", "content_filtered"),
        (2013, "invalid params, context window exceeds limit", "context_too_long"),
    ],
)
async def test_it_reads_an_error_of_minimax_in_a_good_response(
    code: int, words: str, expected: str, vendors: StandIn, clients: HttpClients
) -> None:
    body = json.dumps({"base_resp": {"status_code": code, "status_msg": words}})
    vendors.default = Script(body=body, headers={"Content-Type": "application/json"})

    error = (await read_stream(clients, "minimax", target_of(vendors, "minimax"), request_of())).failed()

    assert (error.code, error.vendor_message) == (expected, words)
    assert len(vendors.requests) == 1


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_yields_all_text_that_arrived_before_the_connection_broke(
    slug: str, vendors: StandIn, clients: HttpClients
) -> None:
    vendors.default = script = Script(text="abcdefgh", end="cut", at=2, hold=1)
    texts = []

    with pytest.raises(ProviderError, match="broke off before its end"):
        async for event in KINDS[slug].adapter.stream(clients, target_of(vendors, slug), request_of()):
            if isinstance(event, TextDelta):
                texts.append(event.text)
            if texts == ["abcd"]:
                # The reader is busy while the rest arrives and the connection breaks.
                script.release.set()
                await vendors.requests[0].over()
                await asyncio.sleep(0.05)

    assert texts == ["abcd", "efgh"]


@pytest.mark.parametrize("slug", FORMATS)
@pytest.mark.parametrize(("status", "code"), STATUSES)
async def test_it_turns_each_status_into_its_code(
    slug: str, status: int, code: ErrorCode, vendors: StandIn, clients: HttpClients
) -> None:
    vendors.default = Script(status=status)

    result = await read_stream(clients, slug, target_of(vendors, slug), request_of())

    error = result.failed()
    assert (error.code, result.events) == (code, [])
    assert KINDS[slug].label in error.message
    assert error.retryable is (code in {"rate_limited", "upstream_error", "upstream_unavailable"})


@pytest.mark.parametrize(("status", "body", "code"), BODIES)
async def test_it_reads_the_reason_from_the_vendors_words(
    status: int, body: object, code: str, vendors: StandIn, clients: HttpClients
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    vendors.default = Script(status=status, body=text)

    error = (await read_stream(clients, "openrouter", target_of(vendors, "openrouter"), request_of())).failed()

    assert error.code == code
    assert text[:40] in error.detail


@pytest.mark.parametrize(
    ("status", "words", "code", "sentence"),
    [
        (
            429,
            "Quota exceeded for metric: generate_content_free_tier_requests, limit: 0, model: gemini-3.1-pro. "
            "Please retry in 45.57s. quotaId: GenerateRequestsPerDayPerProjectPerModel-FreeTier",
            "quota_exceeded",
            "The free tier of xAI does not include this model.",
        ),
        (
            429,
            "quotaId: GenerateRequestsPerDayPerProject-FreeTier",
            "quota_exceeded",
            "Today's quota at xAI is used up.",
        ),
        (429, "Your prepayment credits are depleted.", "quota_exceeded", "The quota or credit at xAI is used up."),
        (
            403,
            "Your team has either used all available credits or more",
            "quota_exceeded",
            "The quota or credit at xAI",
        ),
        (
            412,
            "Account x is suspended, possibly due to reaching the monthly spending limit",
            "quota_exceeded",
            "The quota",
        ),
        (
            400,
            "You have reached your specified API usage limits.",
            "quota_exceeded",
            "A spending limit at xAI is reached.",
        ),
        (
            400,
            "Your organization must be verified to use it",
            "permission_denied",
            "xAI requires that the organization",
        ),
        (401, "Missing scopes: api.model.read", "permission_denied", "This key for xAI is restricted"),
        (403, "Your API key was reported as leaked.", "invalid_api_key", "xAI has blocked this key"),
        (400, "User location is not supported for the API use.", "permission_denied", "xAI does not serve the country"),
        (400, "messages.0.content.0.image: image exceeds 5 MB maximum", "bad_request", "xAI did not accept an image."),
        (500, "image input is not supported", "bad_request", "xAI did not accept an image."),
        (500, "model requires more system memory (9 GiB)", "bad_request", "The machine of xAI has too little memory"),
        (404, "404 page not found", "bad_request", "Nothing answers at this address of xAI."),
        (400, "This model's maximum prompt length is 131072", "context_too_long", "The conversation is too long"),
        (400, "The model `x` has been decommissioned", "model_not_found", "xAI does not know this model"),
        (400, "The supported API model names are a or b, but you passed c.", "model_not_found", "xAI does not know"),
        (400, "Content Exists Risk", "content_filtered", "xAI declined to answer"),
        (403, "Content violates usage guidelines.", "content_filtered", "xAI declined to answer"),
        (498, "", "content_filtered", "xAI declined to answer"),
    ],
)
async def test_each_trouble_has_its_sentence(
    status: int, words: str, code: str, sentence: str, vendors: StandIn, clients: HttpClients
) -> None:
    vendors.default = Script(status=status, body=json.dumps({"error": {"message": words}}))

    error = (await read_stream(clients, "xai", target_of(vendors, "xai"), request_of())).failed()

    assert error.code == code
    assert error.message.startswith(sentence)
    assert not error.retryable


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_shows_no_vendor_text_no_key_and_no_url(slug: str, vendors: StandIn, clients: HttpClients) -> None:
    target = target_of(vendors, slug, key="sk-refused-0123456789")

    error = (await read_stream(clients, slug, target, request_of())).failed()

    exposed = error.message + repr(error) + str(error) + error.detail + repr(target)
    assert error.code == ErrorCode.INVALID_API_KEY
    assert error.message == f"The key for {KINDS[slug].label} was refused. Check it under Keys."
    assert "sk-refused" not in exposed
    assert vendors.url not in exposed.replace(repr(target), "")


async def test_it_cuts_a_key_that_the_vendor_quotes_in_part(vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(status=401, body=f'{{"error":"Incorrect API key: {KEY[:9]}*****{KEY[-4:]}."}}')

    error = (await read_stream(clients, "xai", target_of(vendors, "xai"), request_of())).failed()

    assert KEY[:6] not in error.detail
    assert KEY[-4:] not in error.detail


async def test_it_passes_on_the_seconds_of_retry_after(vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(status=429, headers={"Retry-After": "17"})

    error = (await read_stream(clients, "openai", target_of(vendors, "openai"), request_of())).failed()

    assert error.retry_after == 17


async def test_it_reads_a_date_in_retry_after(vendors: StandIn, clients: HttpClients) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    vendors.default = Script(status=429, headers={"Retry-After": moment})

    error = (await read_stream(clients, "openai", target_of(vendors, "openai"), request_of())).failed()

    assert error.retry_after is not None
    assert 3000 < error.retry_after <= 3600


async def test_it_recognizes_googles_rate_limit(vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(status=429)

    error = (await read_stream(clients, "google", target_of(vendors, "google"), request_of())).failed()

    assert (error.code, error.retry_after) == (ErrorCode.RATE_LIMITED, 7)


@pytest.mark.parametrize("slug", FORMATS)
@pytest.mark.parametrize("end", ["no_finish", "cut"])
async def test_it_reports_an_end_without_a_finish_as_cut(
    slug: str, end: str, vendors: StandIn, clients: HttpClients
) -> None:
    vendors.scripts["model-a"] = Script.from_settings({"text": "abcdefghijkl", "end": end, "at": 2})

    result = await read_stream(clients, slug, target_of(vendors, slug), request_of())

    assert (result.failed().code, result.text) == (ErrorCode.STREAM_CUT, "abcdefgh")
    assert result.failed().retryable


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_keeps_what_came_before_an_error_in_the_stream(
    slug: str, vendors: StandIn, clients: HttpClients
) -> None:
    vendors.default = Script(text="abcdefghijkl", end="error", at=1)

    result = await read_stream(clients, slug, target_of(vendors, slug), request_of())

    assert result.text == "abcd"
    assert result.failed().code in {ErrorCode.UPSTREAM_ERROR, ErrorCode.UPSTREAM_UNAVAILABLE}


@pytest.mark.parametrize("slug", ["openai", "anthropic", "google", "openrouter"])
async def test_it_says_that_the_vendor_declined(slug: str, vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(finish="filtered")

    error = (await read_stream(clients, slug, target_of(vendors, slug), request_of())).failed()

    assert (error.code, error.retryable) == (ErrorCode.CONTENT_FILTERED, False)


async def test_it_says_that_a_prompt_was_blocked(vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(body='data: {"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}\r\n\r\n')

    error = (await read_stream(clients, "google", target_of(vendors, "google"), request_of())).failed()

    assert error.code == ErrorCode.CONTENT_FILTERED


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_skips_garbage(slug: str, vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(text="abcdefgh", garbage=True)

    result = await read_stream(clients, slug, target_of(vendors, slug), request_of())

    assert (result.error, result.text) == (None, "abcdefgh")


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        ("data: {oops\n\ndata: [1, 2]\n\n", {}, ErrorCode.UPSTREAM_ERROR),
        ("<html>Sign in</html>", {"Content-Type": "text/html"}, ErrorCode.UPSTREAM_ERROR),
        ('{"error": {"code": 429}}', {"Content-Type": "application/json"}, ErrorCode.RATE_LIMITED),
        ("", {}, ErrorCode.STREAM_CUT),
        ('data: {"error": {"code": 402, "message": "x"}}\n\n', {}, ErrorCode.QUOTA_EXCEEDED),
        ('event: error\ndata: {"message": "rate limit"}\n\n', {}, ErrorCode.RATE_LIMITED),
    ],
)
async def test_it_reports_a_response_without_an_answer_as_an_error(
    body: str, headers: dict[str, str], code: ErrorCode, vendors: StandIn, clients: HttpClients
) -> None:
    vendors.default = Script(body=body, headers=headers)

    error = (await read_stream(clients, "openrouter", target_of(vendors, "openrouter"), request_of())).failed()

    assert error.code == code


async def test_it_follows_no_redirect(vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(status=307, headers={"Location": f"{vendors.url}/elsewhere"}, body="")

    error = (await read_stream(clients, "openai", target_of(vendors, "openai"), request_of())).failed()

    assert (error.code, error.retryable) == (ErrorCode.UPSTREAM_ERROR, False)
    assert len(vendors.requests) == 1


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_says_that_a_provider_cannot_be_reached(slug: str, clients: HttpClients) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        target = Target(KINDS[slug].label, f"http://127.0.0.1:{free.getsockname()[1]}", KEY)

        error = (await read_stream(clients, slug, target, request_of())).failed()

    assert (error.code, error.retryable) == (ErrorCode.UPSTREAM_UNAVAILABLE, True)
    assert "127.0.0.1" not in error.message


async def test_it_says_that_a_base_url_is_not_usable(clients: HttpClients) -> None:
    error = (await read_stream(clients, "vllm", Target("vLLM", "http://:x/", KEY), request_of())).failed()

    assert error.code == ErrorCode.BAD_REQUEST


async def test_a_bug_of_ours_is_an_error_that_is_not_retried(clients: HttpClients) -> None:
    class Broken(OpenAICompatibleAdapter):
        async def stream(
            self, clients: HttpClients, target: Target, request: Request
        ) -> AsyncGenerator[AdapterEvent, None]:
            yield TextDelta("a")
            raise TypeError("'int' object is not iterable")

    with pytest.raises(ProviderError) as caught:
        async for event in open_stream(Broken(), clients, Target("vLLM", "http://x"), request_of(), LONG_TIMEOUTS):
            assert event == TextDelta("a")

    assert (caught.value.code, caught.value.retryable) == (ErrorCode.UPSTREAM_ERROR, False)
    assert "TypeError" in caught.value.detail


async def test_it_sends_the_request_again_if_a_pooled_connection_was_closed(clients: HttpClients) -> None:
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"\r\n\r\n"))
        if len(received) > 1:
            body = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n'
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + body)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]

        result = await read_stream(clients, "vllm", Target("vLLM", f"http://127.0.0.1:{port}/v1"), request_of())

    assert (result.error, result.text, len(received)) == (None, "Hi", 2)


def test_it_says_that_connecting_took_too_long() -> None:
    error = connection_failure(Target("vLLM", "http://models.example.org"), aiohttp.ConnectionTimeoutError())

    assert (error.code, error.retryable) == (ErrorCode.TIMEOUT, True)
    assert error.message == "vLLM could not be reached in time. Try again in a moment."


def test_an_error_survives_pickling() -> None:
    error = ProviderError(ErrorCode.RATE_LIMITED, "Wait.", retryable=True, retry_after=3.0, detail="story")

    copy = pickle.loads(pickle.dumps(error))

    assert vars(copy) == vars(error)


async def test_the_body_of_a_failed_call_is_not_kept(vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(status=500)
    call = Call("/chat/completions", {}, {"model": "m", "messages": ["an image of many megabytes"]})

    with pytest.raises(ProviderError):
        await anext(clients.frames(target_of(vendors, "openrouter"), call))

    assert call.body == {}
