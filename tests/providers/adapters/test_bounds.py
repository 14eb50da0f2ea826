"""Streams that would keep a worker busy for long: their work is bounded, and others have their turn in between."""

from __future__ import annotations

import asyncio
import logging

import pytest

from core.shares import Share
from providers.adapters import http
from providers.adapters.base import ErrorCode, Target
from providers.adapters.error_words import MAX_WORDS
from providers.adapters.http import PIECE, HttpClients
from providers.adapters.sse import MAX_EVENT_LINES
from providers.kinds import KINDS
from tests.fake_providers import Script, StandIn
from tests.fuzz.replay import Replayed, events_from
from tests.providers.adapters.calls import KEY, read_stream, request_of, target_of

OPENROUTER = Target(KINDS["openrouter"].label, "http://x", KEY)


async def turns_of_others(chunk: bytes, share: Share | None = None) -> int:
    """Return how often another task had its turn while this chunk, which has arrived at once, was read."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    clients = Replayed([chunk])
    clients._share = share
    await read_stream(clients, "openrouter", OPENROUTER, request_of())
    task.cancel()
    return turns


@pytest.mark.parametrize(
    "line",
    [b"data:\n", b"\n", b": ping\n", b"x\n", b"data: {}\n\n", b"data: x\n\n", b'data: {"choices": []}\n\n', b"\r"],
)
async def test_others_have_their_turn_while_a_flood_is_read(line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_STEP", 0.0)
    monkeypatch.setattr(http, "MAX_BAD_FRAMES", 10**9)
    flood = line * (20 * PIECE // len(line))

    assert await turns_of_others(flood) >= 20


async def test_a_user_who_has_had_a_share_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    share = Share(lambda: True)
    share.spend(1.005)

    turns = await turns_of_others(b"data: {}\n\n" * 10, share)

    assert turns > 20


@pytest.mark.parametrize("line", [b"data:\n", b"data: x\n", b"data: 0123456789\r\n"])
async def test_it_refuses_an_event_of_too_many_lines(line: bytes) -> None:
    result = await events_from("openrouter", [line * (MAX_EVENT_LINES + PIECE)])

    assert result.failed().code == ErrorCode.UPSTREAM_ERROR
    assert "too long" in result.failed().detail


async def test_it_gives_up_a_stream_that_has_no_good_frame(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        result = await events_from("openrouter", [b"data: nonsense\n\n" * 10_000])

    assert result.failed().code == ErrorCode.UPSTREAM_ERROR
    assert f"{http.MAX_BAD_FRAMES} frames" in result.failed().detail
    assert len(caplog.records) == 1


@pytest.mark.parametrize("frame", [b'data: {"error": "%b"}\n\n', b"event: error\ndata: %b\n\n"])
async def test_it_looks_at_the_beginning_of_an_error_only(frame: bytes) -> None:
    words = b"model " * (4_000_000 // 6) + b"does not exist, rate limit"

    result = await events_from("openrouter", [frame % words])

    assert result.failed().code == ErrorCode.UPSTREAM_ERROR
    assert len(result.failed().detail) < 2 * MAX_WORDS


async def test_it_reads_a_short_part_of_an_error_page(vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = Script(status=400, body="model " * 500_000 + "does not exist")

    result = await read_stream(clients, "openrouter", target_of(vendors, "openrouter"), request_of())

    assert result.failed().code == ErrorCode.BAD_REQUEST
