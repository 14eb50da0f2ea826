from __future__ import annotations

import asyncio
import json
import math
import re
from dataclasses import astuple
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.adapters import sse
from providers.adapters.base import AdapterEvent, ErrorCode, Finished, ReasoningDelta, TextDelta, Usage
from providers.adapters.errors import response_failure
from providers.adapters.sse import EventTooLongError, SseDecoder
from tests.fake_providers import StandIn
from tests.fuzz.replay import FORMATS, GARBAGE, SCRIPT, events_from, frames_of, wrong_frames
from tests.providers.adapters.calls import KEY, target_of

COUNT = re.compile(rb'("input_tokens"|"prompt_tokens"|"promptTokenCount"):\d+')
every_format = pytest.mark.parametrize("slug", FORMATS)
cuts = st.lists(st.integers(0, 10_000), max_size=40)
many_examples = settings(max_examples=150, deadline=None)


@every_format
@many_examples
@given(cut_positions=cuts)
def test_it_reads_the_same_events_from_any_split_of_the_bytes(slug: str, cut_positions: list[int]) -> None:
    stream = b"".join(frames_of(slug))

    result = asyncio.run(events_from(slug, split(stream, cut_positions)))

    assert (result.error, result.text, result.reasoning) == (None, SCRIPT.text, SCRIPT.reasoning)
    assert result.events[-2:] == asyncio.run(events_from(slug, [stream])).events[-2:]
    assert result.usage is not None
    assert result.usage.reasoning_tokens == 3


@every_format
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_it_reads_valid_events_or_an_error_from_any_stream(slug: str, data: st.DataObject) -> None:
    stream = b"".join(data.draw(wrong_frames(slug)))

    result = asyncio.run(events_from(slug, split(stream, data.draw(cuts))))

    assert [event for event in result.events if not is_sound(event)] == []
    assert len(result.finishes) == (0 if result.error else 1)
    if result.error is not None:
        assert result.error.code in ErrorCode
        assert result.error.message.endswith(".")
        assert result.error.retry_after is None or math.isfinite(result.error.retry_after)


@every_format
@pytest.mark.parametrize("wrong", [7, True, ["x"], {"a": 1}, 1.5])
def test_it_accepts_only_strings_as_text(slug: str, wrong: object) -> None:
    text = json.dumps(SCRIPT.text[:5], ensure_ascii=False).encode()
    frames = [frame.replace(text, json.dumps(wrong).encode()) for frame in frames_of(slug)]

    result = asyncio.run(events_from(slug, frames))

    assert frames != frames_of(slug)
    assert [event for event in result.events if not is_sound(event)] == []


@every_format
@pytest.mark.parametrize("wrong", [-1, 2**31, 2**70, 1.5, True])
def test_it_drops_invalid_token_counts(slug: str, wrong: object) -> None:
    frames = [COUNT.sub(b"\\1:" + json.dumps(wrong).encode(), frame) for frame in frames_of(slug)]

    result = asyncio.run(events_from(slug, frames))

    assert frames != frames_of(slug)
    assert [event for event in result.events if not is_sound(event)] == []


@given(st.lists(st.one_of(GARBAGE, st.binary(max_size=30)), max_size=30), cuts)
@many_examples
def test_it_decodes_any_split_of_any_bytes_to_the_same_events(parts: list[bytes], cut_positions: list[int]) -> None:
    stream = b"".join(parts)

    assert decoded(split(stream, cut_positions)) == decoded([stream])


@given(cut_positions=cuts)
@many_examples
def test_it_refuses_a_line_that_is_too_long_in_any_split(cut_positions: list[int]) -> None:
    line = b"data: " + b"x" * 9000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sse, "MAX_EVENT_BYTES", 8000)

        with pytest.raises(EventTooLongError):
            decoded(split(line, cut_positions))


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1e999", "-5", "x", "", "Mon, 99 Foo 2026", "9" * 400, "²"])
def test_it_ignores_an_invalid_or_infinite_retry_after(value: str, stand_in: StandIn) -> None:
    error = response_failure(target_of(stand_in, "openai", KEY), 429, {"Retry-After": value}, b"rate limit")

    assert error.code is ErrorCode.RATE_LIMITED
    assert error.retry_after is None or (math.isfinite(error.retry_after) and error.retry_after >= 0)


def is_sound(event: AdapterEvent) -> bool:
    match event:
        case TextDelta(text) | ReasoningDelta(text):
            return isinstance(text, str) and text != ""
        case Usage():
            *counts, cost = astuple(event)
            return cost is None and all(type(count) is int and 0 <= count < 2**31 for count in counts)
    return isinstance(event, Finished)


def split(stream: bytes, cut_positions: list[int]) -> list[bytes]:
    bounds = [0, *sorted(position % (len(stream) + 1) for position in cut_positions), len(stream)]
    return [stream[start:end] for start, end in pairwise(bounds)]


def decoded(chunks: list[bytes]) -> list[tuple[str, bytes]]:
    decoder = SseDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)] + decoder.close()
