from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import MagicMock, patch

import pytest
from django.utils import timezone
from pytest_django import Settings
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.connection import AbstractConnection

from generations.worker import circuit_breaker
from generations.worker.circuit_breaker import Circuit, open_circuits
from providers.adapters.base import ErrorCode, Finished, ProviderError, StreamEvent, Target, TextDelta

pytestmark = pytest.mark.usefixtures("on_loop")


@pytest.fixture(autouse=True)
def _quick(settings: Settings) -> None:
    circuit_breaker._quiet_until.clear()
    settings.CIRCUIT_FAILURES, settings.CIRCUIT_PAUSE = 3, 30


def circuit(model: str = "m", base_url: str = "https://vendor.example/v1") -> Circuit:
    return Circuit(Target("Vendor", base_url), model)


async def good() -> AsyncGenerator[StreamEvent, None]:
    yield TextDelta("Hello")
    yield Finished()


async def bad(code: ErrorCode = ErrorCode.UPSTREAM_UNAVAILABLE) -> AsyncGenerator[StreamEvent, None]:
    raise ProviderError(code, "It is down.", retryable=True)
    yield Finished()


async def attempt(guarded: Circuit, stream: AsyncGenerator[StreamEvent, None]) -> str:
    """Return ``ok``, or the code of the error."""
    try:
        return "ok" if [event async for event in guarded.guard(stream)] else "nothing"
    except ProviderError as error:
        return str(error.code)


async def trip(guarded: Circuit) -> None:
    for _ in range(3):
        assert await attempt(guarded, bad()) == "upstream_unavailable"


def labels() -> list[str]:
    return [each.label for each in open_circuits()]


async def cut() -> AsyncGenerator[StreamEvent, None]:
    yield TextDelta("Hel")
    raise ProviderError(ErrorCode.STREAM_CUT, "It broke off.", retryable=True)


def end_pause(redis: Redis) -> None:
    """Do what happens after CIRCUIT_PAUSE seconds."""
    for key in redis.scan_iter("*:circuit:*:open"):
        redis.delete(key)


async def test_it_opens_after_failures_in_a_row_and_calls_nothing(redis: Redis) -> None:
    called = False

    async def watched() -> AsyncGenerator[StreamEvent, None]:
        nonlocal called
        called = True
        yield Finished()

    await trip(circuit())

    assert await attempt(circuit(), watched()) == "circuit_open"
    assert not called
    assert labels() == ["Vendor: m"]


async def test_it_says_when_to_try_again(redis: Redis) -> None:
    await trip(circuit())

    with pytest.raises(ProviderError, match=r"Vendor has failed .* in (30|29) seconds") as refused:
        async for _ in circuit().guard(good()):
            pass

    assert refused.value.retryable


async def test_it_is_of_one_model_at_one_base_url(redis: Redis) -> None:
    await trip(circuit())

    assert await attempt(circuit(model="another"), good()) == "ok"
    assert await attempt(circuit(base_url="https://other.example/v1"), good()) == "ok"


@pytest.mark.parametrize("code", [ErrorCode.INVALID_API_KEY, ErrorCode.RATE_LIMITED, ErrorCode.QUOTA_EXCEEDED])
async def test_errors_of_a_users_key_never_count(redis: Redis, code: ErrorCode) -> None:
    for _ in range(5):
        assert await attempt(circuit(), bad(code)) == code

    assert await attempt(circuit(), good()) == "ok"


async def test_an_answer_that_works_resets_the_count(redis: Redis) -> None:
    for _ in range(3):
        assert await attempt(circuit(), bad()) == "upstream_unavailable"
        assert await attempt(circuit(), bad()) == "upstream_unavailable"
        assert await attempt(circuit(), good()) == "ok"

    assert labels() == []


@pytest.mark.parametrize("stream", [cut, lambda: bad(ErrorCode.TIMEOUT)])
async def test_streams_that_are_cut_off_and_time_outs_count(
    redis: Redis, stream: Callable[[], AsyncGenerator[StreamEvent, None]]
) -> None:
    for _ in range(3):
        assert await attempt(circuit(), stream()) in ("stream_cut", "timeout")

    assert await attempt(circuit(), good()) == "circuit_open"


async def test_it_says_since_when_and_until_when_a_model_is_left_alone(redis: Redis) -> None:
    await trip(circuit())
    (tripped,) = open_circuits()
    end_pause(redis)
    (half_open,) = open_circuits()

    now = timezone.now()
    assert now - timedelta(seconds=10) < tripped.since <= now
    assert tripped.until is not None
    assert now < tripped.until <= now + timedelta(seconds=30)
    assert (half_open.since, half_open.until) == (tripped.since, None)


async def test_a_circuit_that_is_forgotten_is_not_shown(redis: Redis) -> None:
    await trip(circuit())
    for key in redis.scan_iter("*:circuit:*:tripped"):
        redis.delete(key)

    assert labels() == []


@contextmanager
def round_trips() -> Iterator[MagicMock]:
    send = AbstractConnection.send_packed_command
    with patch.object(AbstractConnection, "send_packed_command", autospec=True, side_effect=send) as sent:
        yield sent


async def test_an_answer_costs_no_round_trip_if_nothing_had_failed_a_moment_ago(redis: Redis) -> None:
    assert await attempt(circuit("another, which opens the connection"), good()) == "ok"
    with round_trips() as first:
        assert await attempt(circuit(), good()) == "ok"
    with round_trips() as second:
        assert await attempt(circuit(), good()) == "ok"

    assert first.call_count == 1
    assert second.call_count == 0


async def test_a_failure_here_ends_the_belief_that_nothing_has_failed(redis: Redis) -> None:
    assert await attempt(circuit(), good()) == "ok"
    await trip(circuit())

    assert await attempt(circuit(), good()) == "circuit_open"


async def test_a_circuit_that_another_process_opened_is_seen_once_the_belief_ends(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await attempt(circuit(), good()) == "ok"
    believed = dict(circuit_breaker._quiet_until)
    await trip(circuit())
    circuit_breaker._quiet_until.update(believed)
    assert await attempt(circuit(), good()) == "ok"

    circuit_breaker._quiet_until.update(dict.fromkeys(believed, 0.0))

    assert await attempt(circuit(), good()) == "circuit_open"


async def test_one_probe_at_a_time_decides_after_the_pause(redis: Redis) -> None:
    await trip(circuit())
    end_pause(redis)
    probe = circuit().guard(good())

    await anext(probe)
    assert await attempt(circuit(), good()) == "circuit_open"
    await anext(probe)
    assert await attempt(circuit(), good()) == "ok"
    await probe.aclose()

    assert labels() == []


async def test_all_others_are_refused_while_one_probes(redis: Redis) -> None:
    await trip(circuit())
    end_pause(redis)

    async def probing() -> AsyncGenerator[StreamEvent, None]:
        assert await attempt(circuit(), good()) == "circuit_open"
        raise ProviderError(ErrorCode.UPSTREAM_ERROR, "Still down.", retryable=True)
        yield Finished()

    assert await attempt(circuit(), probing()) == "upstream_error"
    assert await attempt(circuit(), good()) == "circuit_open"


async def test_after_an_inconclusive_probe_another_may_probe(redis: Redis) -> None:
    await trip(circuit())
    end_pause(redis)

    assert await attempt(circuit(), bad(ErrorCode.INVALID_API_KEY)) == "invalid_api_key"

    assert await attempt(circuit(), good()) == "ok"


async def test_without_redis_all_models_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = AsyncRedis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr("generations.worker.circuit_breaker.loop_client", lambda: nowhere)

    assert await attempt(circuit(), good()) == "ok"
    await nowhere.aclose()
