import asyncio

import pytest

from providers.adapters import sdk
from providers.adapters.base import ErrorCode, ProviderError, Target
from providers.adapters.http import HttpClients
from providers.adapters.sdk import models_of
from providers.kinds import KINDS
from providers.listed_models import encode
from tests.fake_providers import Script, StandIn
from tests.providers.adapters.calls import FORMATS, KEY, WIRE_KINDS, read_stream, request_of, target_of

LISTED = {
    "openai": ["gpt-4o", "gpt-5.6"],
    "anthropic": ["claude-haiku-4-5", "claude-opus-5-5"],
    "google": ["gemini-2.5-pro", "gemini-3.6-flash"],
    "mistral": ["magistral-medium-latest", "mistral-large-latest"],
}
ENVIRONMENT = {
    "OPENAI_API_KEY": "sk-server-secret",
    "OPENAI_ADMIN_KEY": "sk-server-secret",
    "OPENAI_ORG_ID": "org-secret",
    "OPENAI_PROJECT_ID": "project-secret",
    "ANTHROPIC_API_KEY": "sk-server-secret",
    "ANTHROPIC_AUTH_TOKEN": "sk-server-secret",
    "ANTHROPIC_CUSTOM_HEADERS": "X-Custom: secret",
    "GOOGLE_API_KEY": "sk-server-secret",
    "GOOGLE_GENAI_USE_VERTEXAI": "true",
    "MISTRAL_API_KEY": "sk-server-secret",
}


@pytest.mark.parametrize("slug", WIRE_KINDS)
async def test_it_lists_the_text_models(slug: str, vendors: StandIn) -> None:
    models = await KINDS[slug].adapter.list_models(target_of(vendors, slug))

    assert [model.id for model in models] == LISTED.get(slug, ["model-a", "model-b"])


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_reads_a_long_list_to_its_end(slug: str, vendors: StandIn) -> None:
    vendors.models[slug] = [f"model-{number:05}" for number in range(10_000)]

    models = await KINDS[slug].adapter.list_models(target_of(vendors, slug))

    assert [model.id for model in models] == vendors.models[slug]


async def test_it_does_not_read_a_list_without_end(vendors: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk, "MAX_BODY_BYTES", 1000)
    vendors.models["vllm"] = ["model"] * 1000

    with pytest.raises(ProviderError) as caught:
        await KINDS["vllm"].adapter.list_models(target_of(vendors, "vllm"))

    assert caught.value.code == ErrorCode.UPSTREAM_ERROR
    assert "more than 1000 bytes" in caught.value.detail


@pytest.mark.parametrize("slug", WIRE_KINDS)
async def test_it_accepts_a_good_key(slug: str, vendors: StandIn) -> None:
    await KINDS[slug].adapter.check_key(target_of(vendors, slug))


@pytest.mark.parametrize("slug", WIRE_KINDS)
async def test_it_says_that_a_key_is_refused(slug: str, vendors: StandIn) -> None:
    target = target_of(vendors, slug, key="sk-refused-0123456789")

    with pytest.raises(ProviderError) as caught:
        await KINDS[slug].adapter.check_key(target)

    assert caught.value.code == ErrorCode.INVALID_API_KEY
    assert "sk-refused" not in caught.value.message + caught.value.detail + repr(caught.value)


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_says_that_the_sdk_cannot_reach_the_provider(slug: str) -> None:
    target = Target("Gone", "http://127.0.0.1:9", KEY)

    with pytest.raises(ProviderError) as caught:
        await KINDS[slug].adapter.list_models(target)

    assert caught.value.code == ErrorCode.UPSTREAM_UNAVAILABLE


@pytest.mark.parametrize("slug", ["openrouter", "deepinfra", "cohere", "perplexity"])
async def test_it_proves_a_key_by_a_call_that_needs_one(slug: str, vendors: StandIn) -> None:
    vendors.public_lists = True
    target = target_of(vendors, slug, key="sk-refused-0123456789")

    assert await KINDS[slug].adapter.list_models(target)
    with pytest.raises(ProviderError):
        await KINDS[slug].adapter.check_key(target)


@pytest.mark.parametrize("status", [404, 429])
async def test_it_accepts_a_key_if_only_the_model_is_unavailable(status: int, vendors: StandIn) -> None:
    vendors.default = Script(status=status)

    await KINDS["deepinfra"].adapter.check_key(target_of(vendors, "deepinfra"))


async def test_it_falls_back_to_known_models_without_a_list(vendors: StandIn) -> None:
    vendors.models["perplexity"] = []
    target = Target("Perplexity", f"{vendors.url}/nowhere", KEY)

    assert "sonar" in [model.id for model in await KINDS["perplexity"].adapter.list_models(target)]


async def test_it_needs_no_key_for_a_local_server(vendors: StandIn) -> None:
    models = await KINDS["ollama"].adapter.list_models(target_of(vendors, "ollama", key=""))

    assert [model.id for model in models] == ["model-a", "model-b"]
    assert "Authorization" not in vendors.listed[-1]


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_takes_nothing_from_the_environment(
    slug: str, vendors: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)

    await KINDS[slug].adapter.list_models(target_of(vendors, slug))

    assert "secret" not in str(vendors.listed[-1])
    assert KEY in str(vendors.listed[-1])


async def test_it_can_be_canceled_inside_an_sdk_call(vendors: StandIn) -> None:
    vendors.default = Script(first_delay=60)
    checking = asyncio.create_task(KINDS["perplexity"].adapter.check_key(target_of(vendors, "perplexity")))
    recorded = await vendors.request()

    checking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await checking
    await recorded.disconnected()


async def test_it_lists_claudes_models_with_the_headers_of_a_request(vendors: StandIn, clients: HttpClients) -> None:
    target = target_of(vendors, "anthropic")
    await read_stream(clients, "anthropic", target, request_of())

    await KINDS["anthropic"].adapter.list_models(target)

    names = ("x-api-key", "anthropic-version", "authorization")
    asked, listed = (
        {name.lower(): value for name, value in headers.items() if name.lower() in names}
        for headers in (vendors.requests[0].headers, vendors.listed[0])
    )
    assert asked == listed == {"x-api-key": KEY, "anthropic-version": "2023-06-01"}


async def test_a_restricted_key_that_may_not_list_models_is_accepted(vendors: StandIn) -> None:
    vendors.refused_lists = (
        403,
        "You have insufficient permissions for this operation. Missing scopes: api.model.read",
    )

    await KINDS["openai"].adapter.check_key(target_of(vendors, "openai"))

    with pytest.raises(ProviderError) as caught:
        await KINDS["openai"].adapter.list_models(target_of(vendors, "openai"))
    assert caught.value.code == ErrorCode.PERMISSION_DENIED


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "m", "type": ["x"]},
        {"id": "m", "pricing": {"prompt": "1E-999999", "completion": "1e999999999"}},
        {"id": "m", "pricing": {"prompt": "1" * 5_000}},
        {"id": "m", "display_name": "A\x00B\ud800"},
        {"id": "m", "context_length": 10**50},
        {"id": ["m"]},
        {"id": "m", "reasoning": {"supported_efforts": [["high"]]}},
    ],
)
async def test_it_reads_a_list_with_odd_entries(entry: dict[str, object], vendors: StandIn) -> None:
    vendors.models["vllm"] = [entry, {"id": "good"}]

    models = await models_of(KINDS["vllm"].adapter, target_of(vendors, "vllm"))

    assert "good" in [model.id for model in models]
    for model in models:
        assert len(str(encode(model))) < 1_000
        assert model.label.isprintable()
