import asyncio
from contextlib import aclosing

import pytest

from providers.adapters.base import ErrorCode, Finished, StreamEvent, Target, TextDelta
from providers.adapters.http import HttpClients
from providers.adapters.timeouts import Timeouts, open_stream
from providers.kinds import KINDS
from tests.fake_providers import Script, StandIn
from tests.providers.adapters.calls import FORMATS, LONG_TIMEOUTS, read_stream, request_of, target_of

LONG = Script(text="word " * 100, delay=0.005, chunk_size=5)


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_closes_the_upstream_connection_when_its_reader_is_canceled(
    slug: str, vendors: StandIn, clients: HttpClients
) -> None:
    vendors.default = LONG
    reading = asyncio.create_task(read_stream(clients, slug, target_of(vendors, slug), request_of()))
    recorded = await vendors.request()

    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading
    await recorded.disconnected()
    assert vendors.open_connections == 0


async def test_it_closes_the_upstream_connection_before_the_first_token(vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(first_delay=60)
    reading = asyncio.create_task(read_stream(clients, "anthropic", target_of(vendors, "anthropic"), request_of()))
    recorded = await vendors.request()

    reading.cancel()

    await recorded.disconnected()
    assert recorded.sent == []


async def test_it_closes_the_upstream_connection_when_its_iterator_is_closed(
    vendors: StandIn, clients: HttpClients
) -> None:
    vendors.default = LONG
    target = target_of(vendors, "openai")

    async with aclosing(open_stream(KINDS["openai"].adapter, clients, target, request_of(), LONG_TIMEOUTS)) as events:
        async for event in events:
            assert isinstance(event, TextDelta)
            break

    await (await vendors.request()).disconnected()


async def test_it_leaves_other_streams_alone_when_one_is_canceled(vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = LONG
    tasks = {
        slug: asyncio.create_task(read_stream(clients, slug, target_of(vendors, slug), request_of(slug)))
        for slug in FORMATS
    }
    stopped = await vendors.request(model="google")

    tasks.pop("google").cancel()

    await stopped.disconnected()
    assert [(await task).text for task in tasks.values()] == [LONG.text] * len(tasks)


@pytest.mark.parametrize(
    ("script", "timeouts", "text", "sentence"),
    [
        (Script(first_delay=60), Timeouts(0.5, 20, 20), "", "did not begin to answer within 0.5 seconds"),
        (Script(end="stall", at=0, pings=True), Timeouts(0.5, 20, 20), "", "did not begin to answer"),
        (Script(first_delay=60), Timeouts(20, 0.5, 20), "", "sent nothing for 0.5 seconds"),
        (Script(text="abcdefgh", end="stall", at=1), Timeouts(20, 1, 20), "abcd", "nothing more for 1 seconds"),
        (Script(text="abcd" * 200, delay=0.02), Timeouts(20, 20, 0.1), None, "did not finish within 0.1 seconds"),
    ],
)
async def test_it_gives_up_on_a_provider_that_is_silent(
    script: Script, timeouts: Timeouts, text: str | None, sentence: str, vendors: StandIn, clients: HttpClients
) -> None:
    vendors.default = script

    result = await read_stream(clients, "mistral", target_of(vendors, "mistral"), request_of(), timeouts)

    error = result.failed()
    assert (error.code, error.retryable) == (ErrorCode.TIMEOUT, True)
    assert sentence in error.message
    assert text is None or result.text == text
    await (await vendors.request()).disconnected()


async def test_a_keep_alive_is_a_sign_of_life(clients: HttpClients) -> None:
    def chunk(text: str) -> bytes:
        return f'data: {{"choices":[{{"index":0,"delta":{{"content":"{text}"}}}}]}}\n\n'.encode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + chunk("a"))
        for _ in range(10):
            await asyncio.sleep(0.25)
            writer.write(b": keep-alive\n\n")
        writer.write(chunk("b") + b"data: [DONE]\n\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        target = Target("vLLM", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")

        result = await read_stream(clients, "vllm", target, request_of(), Timeouts(20, 2, 60))

    assert (result.error, result.text) == (None, "ab")


async def test_it_does_not_count_the_time_its_reader_takes(vendors: StandIn, clients: HttpClients) -> None:
    target = target_of(vendors, "openai")
    timeouts = Timeouts(first_token=20, idle=1, total=20)
    seen: list[StreamEvent] = []

    async with aclosing(open_stream(KINDS["openai"].adapter, clients, target, request_of(), timeouts)) as events:
        async for event in events:
            if isinstance(event, TextDelta) and not seen:
                await asyncio.sleep(1.5)
            seen.append(event)

    assert Finished("stop") in seen


@pytest.mark.parametrize("slug", FORMATS)
async def test_it_completes_if_the_provider_keeps_the_connection_open_after_its_end(
    slug: str, vendors: StandIn, clients: HttpClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.adapters.timeouts.AFTER_END_SECONDS", 0.05)
    vendors.default = Script(text="abcd", end="stall_after_finish")

    result = await read_stream(clients, slug, target_of(vendors, slug), request_of())

    assert (result.error, result.text, result.finishes) == (None, "abcd", [Finished("stop")])
    await (await vendors.request()).disconnected()
