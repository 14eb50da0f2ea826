from __future__ import annotations

from contextlib import aclosing

import pytest

from providers.adapters.base import ErrorCode, ProviderError, TextDelta
from providers.adapters.http import HttpClients
from providers.adapters.retries import Retries, open_retried_stream
from providers.adapters.timeouts import Timeouts
from providers.kinds import KINDS
from tests.fake_providers import Script, StandIn
from tests.providers.adapters.calls import LONG_TIMEOUTS, request_of, target_of

TWICE = Retries(max_retries=2, delay=0.001, max_retry_after=0.05)


async def ask(
    vendors: StandIn, clients: HttpClients, retries: Retries = TWICE, timeouts: Timeouts = LONG_TIMEOUTS
) -> tuple[str, ProviderError | None]:
    target = target_of(vendors, "openai")
    text = ""
    stream = open_retried_stream(KINDS["openai"].adapter, clients, target, request_of(), timeouts, retries)
    try:
        async with aclosing(stream) as events:
            async for event in events:
                text += event.text if isinstance(event, TextDelta) else ""
    except ProviderError as error:
        return text, error
    return text, None


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_it_retries_until_it_works(vendors: StandIn, clients: HttpClients, status: int) -> None:
    vendors.sequence = [Script(status=status), Script(status=status), Script(text="At last.")]

    text, error = await ask(vendors, clients)

    assert (text, error) == ("At last.", None)
    assert len(vendors.requests) == 3


async def test_it_gives_up_after_the_last_retry(vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(status=503)

    _, error = await ask(vendors, clients)

    assert error is not None
    assert error.code is ErrorCode.UPSTREAM_UNAVAILABLE
    assert len(vendors.requests) == 3


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (Script(status=401), ErrorCode.INVALID_API_KEY),
        (Script(status=404), ErrorCode.MODEL_NOT_FOUND),
        (Script(text="abcdefgh", end="cut", at=1), ErrorCode.STREAM_CUT),
        (Script(text="abcdefgh", end="error", at=1), ErrorCode.UPSTREAM_ERROR),
    ],
)
async def test_it_does_not_retry_if_that_cannot_help_or_text_has_arrived(
    vendors: StandIn, clients: HttpClients, script: Script, code: ErrorCode
) -> None:
    vendors.default = script

    _, error = await ask(vendors, clients)

    assert error is not None
    assert error.code is code
    assert len(vendors.requests) == 1


async def test_it_respects_a_short_retry_after_and_reports_a_long_one(vendors: StandIn, clients: HttpClients) -> None:
    vendors.sequence = [Script(status=429, headers={"Retry-After": "0.02"}), Script(text="Now.")]
    assert await ask(vendors, clients) == ("Now.", None)
    vendors.sequence = [Script(status=429, headers={"Retry-After": "60"})]

    _, error = await ask(vendors, clients)

    assert error is not None
    assert error.message == "OpenAI accepts no more requests at the moment. Try again in 60 seconds."
    assert len(vendors.requests) == 3


async def test_all_attempts_share_the_time_limit_of_the_first_token(vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(status=503)
    impatient = Timeouts(first_token=0.5, idle=20, total=60)

    _, error = await ask(vendors, clients, Retries(max_retries=50, delay=0.4, max_retry_after=60), impatient)

    assert error is not None
    assert error.code is ErrorCode.UPSTREAM_UNAVAILABLE
    assert len(vendors.requests) <= 3
