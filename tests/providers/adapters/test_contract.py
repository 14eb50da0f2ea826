import pytest

from providers.adapters.base import Finished, TextDelta, Usage
from providers.adapters.http import HttpClients
from tests.fake_providers import Script, StandIn
from tests.providers.adapters.calls import FORMATS, KEY, WIRE_KINDS, read_stream, request_of, target_of

TEXT = "Hello, ça va? 世界 🌍 " * 5 + "`code` and an end."


@pytest.mark.parametrize("slug", WIRE_KINDS)
async def test_it_streams_every_kind_to_its_end(slug: str, vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(text=TEXT)

    result = await read_stream(clients, slug, target_of(vendors, slug), request_of())

    assert result.error is None
    assert result.text == TEXT
    assert result.finishes == [Finished("stop")]
    assert result.usage is not None
    assert (result.usage.input_tokens, result.usage.cached_input_tokens) == (12, 4)
    assert TextDelta("") not in result.events


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_reads_frames_in_any_split_among_pings_and_unknown_events(
    slug: str, vendors: StandIn, clients: HttpClients
) -> None:
    vendors.default = Script(text=TEXT, split=7, pings=True, unknown_events=True)

    result = await read_stream(clients, slug, target_of(vendors, slug), request_of())

    assert result.text == TEXT
    assert result.finishes == [Finished("stop")]


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_separates_reasoning_from_text(slug: str, vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(text=TEXT, reasoning="First I think, 然后.", reasoning_tokens=9)

    result = await read_stream(clients, slug, target_of(vendors, slug), request_of("gpt-5.6"))

    assert (result.reasoning, result.text) == ("First I think, 然后.", TEXT)
    assert result.usage is not None
    assert result.usage.reasoning_tokens == 9
    assert result.usage.output_tokens == 9 + len([*range(0, len(TEXT), 4)])


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_says_that_the_limit_of_tokens_was_reached(slug: str, vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(finish="length")

    result = await read_stream(clients, slug, target_of(vendors, slug), request_of())

    assert result.finishes == [Finished("length")]


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_accepts_an_empty_answer(slug: str, vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(text="")

    result = await read_stream(clients, slug, target_of(vendors, slug), request_of())

    assert (result.error, result.text, result.finishes) == (None, "", [Finished("stop")])


async def test_it_reads_only_the_first_of_several_choices(vendors: StandIn, clients: HttpClients) -> None:
    frames = (
        '{"choices":[{"index":1,"delta":{"content":"other"}},{"index":0,"delta":{"content":"mine"}}]}',
        '{"choices":[{"index":1,"delta":{},"finish_reason":"length"}]}',
        '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"error":null}',
    )
    vendors.default = Script(body="".join(f"data: {frame}\n\n" for frame in frames))

    result = await read_stream(clients, "groq", target_of(vendors, "groq"), request_of())

    assert result.events == [TextDelta("mine"), Finished("stop")]


async def test_it_adds_reasoning_tokens_that_a_vendor_counts_apart(vendors: StandIn, clients: HttpClients) -> None:
    counts = '"prompt_tokens":5,"completion_tokens":7,"total_tokens":32'
    usage = f'{{{counts},"completion_tokens_details":{{"reasoning_tokens":20}}}}'
    frame = f'{{"choices":[{{"index":0,"delta":{{}},"finish_reason":"stop"}}],"usage":{usage}}}'
    vendors.default = Script(body=f"data: {frame}\n\n")

    result = await read_stream(clients, "xai", target_of(vendors, "xai"), request_of())

    assert result.usage == Usage(5, 27, 20, 0)


@pytest.mark.parametrize("slug", WIRE_KINDS)
async def test_it_sends_the_key_only_in_the_headers(slug: str, vendors: StandIn, clients: HttpClients) -> None:
    await read_stream(clients, slug, target_of(vendors, slug), request_of())

    recorded = await vendors.request()
    assert sum(KEY in value for value in recorded.headers.values()) == 1
    assert KEY not in str(recorded.body) + recorded.path


async def test_it_sends_no_authorization_without_a_key(vendors: StandIn, clients: HttpClients) -> None:
    await read_stream(clients, "ollama", target_of(vendors, "ollama", key=""), request_of())

    recorded = await vendors.request()
    assert "Authorization" not in recorded.headers


async def test_it_uses_a_connection_again_after_a_good_end(vendors: StandIn, clients: HttpClients) -> None:
    target = target_of(vendors, "openai")

    for slug in FORMATS:
        await read_stream(clients, slug, target_of(vendors, slug), request_of())

    pooled = clients.session(target).connector
    assert pooled is not None
    assert len(pooled._conns) == 1
