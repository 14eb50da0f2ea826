"""Good streams in which fields are missing, null, of another type or order, and frames are cut or run into each other.

Whatever can still be read is read, once, and nothing is asked for again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.adapters.base import Target
from providers.adapters.http import Call
from providers.adapters.retries import Retries, open_retried_stream
from providers.kinds import KINDS
from tests.fake_providers.scripts import Script
from tests.fuzz.replay import FORMATS, Replayed
from tests.providers.adapters.calls import KEY, LONG_TIMEOUTS, StreamResult, request_of

PIECES = ["Ça va, ", "世界 🌍 ", "and {braces} [too]\n\n", "then the end."]
ODD: tuple[Any, ...] = (None, True, 0, -1, 7, 1.5, 1e308, 2**63, "", "x", "9" * 30, [], {}, [[]], [None], [7], {"a": 1})
NEEDED = frozenset({"type", "error", "content", "text", "delta", "refusal", "thinking", "thought", "reasoning_content"})
"""Fields that are left alone: they say what a frame is, or another value would be other text."""
every_format = pytest.mark.parametrize("slug", FORMATS)


class Counted(Replayed):
    """Replayed clients that count the requests."""

    requests = 0

    async def _accepted_response(self, target: Target, call: Call) -> Any:
        self.requests += 1
        return await super()._accepted_response(target, call)


@every_format
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_it_reads_all_text_that_is_there(slug: str, data: st.DataObject) -> None:
    chunks, expected = data.draw(odd_streams(slug))

    result, requests = asyncio.run(answer_from(slug, chunks))

    assert result.text == expected
    assert requests == 1 or not expected
    if result.error is not None:
        assert "Traceback" not in result.error.detail


async def answer_from(slug: str, chunks: Sequence[bytes]) -> tuple[StreamResult, int]:
    """Return what is read from these bytes, and how often it was asked for."""
    clients, result = Counted(chunks), StreamResult()
    target, retries = Target(KINDS[slug].label, "http://x", KEY), Retries(2, 0, 0)
    try:
        events = open_retried_stream(KINDS[slug].adapter, clients, target, request_of(), LONG_TIMEOUTS, retries)
        async for event in events:
            result.events.append(event)
    except Exception as error:
        result.error = error  # type: ignore[assignment]
    return result, clients.requests


@st.composite
def odd_streams(draw: st.DrawFn, slug: str) -> tuple[list[bytes], str]:
    """Draw the chunks of a stream with odd frames, and the text that can be read from it."""
    format_ = FORMATS[slug]("model-a", Script())
    head, tail = list(format_.head()), list(format_.tail())
    stream, expected = b"", ""
    for frame, piece in [*((each, "") for each in head), *((format_.text(each), each) for each in PIECES)]:
        odd, is_readable = draw(odd_frames(frame, piece))
        stream += odd
        expected += piece if is_readable else ""
    for frame in tail:
        stream += draw(odd_frames(frame, ""))[0]
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    return [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)], expected


@st.composite
def odd_frames(draw: st.DrawFn, frame: bytes, piece: str) -> tuple[bytes, bool]:
    """Draw a changed frame, and whether its text can still be read."""
    lines, mark, json_text = frame.partition(b"data: ")
    try:
        value = json.loads(json_text)
    except ValueError:
        return frame, True
    for _ in range(draw(st.integers(0, 3))):
        change(draw, value, piece)
    body = json.dumps(value, ensure_ascii=draw(st.booleans())).encode()
    match draw(st.sampled_from(["whole", "whole", "no empty line", "cut"])):
        case "no empty line":
            return lines + mark + body + b"\n", True
        case "cut":
            end = draw(st.integers(1, len(body) - 1))
            return lines + mark + body[:end] + b"\n\n", False
    return lines + mark + body + b"\n\n", True


def change(draw: st.DrawFn, value: Any, piece: str) -> None:
    """Drop, replace or move one field that does not hold the text."""
    parents = [each for each in objects(value) if any(is_free(each, name, piece) for name in each)]
    if not parents:
        return
    parent = draw(st.sampled_from(parents))
    name = draw(st.sampled_from([name for name in parent if is_free(parent, name, piece)]))
    match draw(st.sampled_from(["drop", "replace", "move"])):
        case "drop":
            del parent[name]
        case "replace":
            # A later change may change the value itself.
            parent[name] = deepcopy(draw(st.sampled_from(ODD)))
        case "move":
            parent[name] = parent.pop(name)


def objects(value: Any) -> list[dict[str, Any]]:
    """Return all objects in a JSON value."""
    if isinstance(value, list):
        return [each for inner in value for each in objects(inner)]
    if isinstance(value, dict):
        return [value, *(each for inner in value.values() for each in objects(inner))]
    return []


def is_free(parent: dict[str, Any], name: str, piece: str) -> bool:
    holds_text = bool(piece) and json.dumps(piece) in json.dumps(parent[name])
    return name not in NEEDED and not holds_text
